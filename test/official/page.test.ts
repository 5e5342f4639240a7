import { readFile } from 'node:fs/promises'
import t from 'tap'
import { keys } from '../../src/official/keys.ts'

t.test('docs/official-config.md says of every key, in the order of the table, whether it works', async t => {
  const page = await readFile('docs/official-config.md', 'utf8')
  const rows = [...page.matchAll(/^\| `(\w+)` \| (.*?) ?\|/gm)].map(([, name, what]) => ({ name, yet: what !== 'not yet' }))
  t.same(rows, keys.map(({ name, becomes }) => ({ name, yet: becomes.as === 'settings' })))
})
