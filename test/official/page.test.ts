import { readFile } from 'node:fs/promises'
import t from 'tap'
import { settings } from '../../src/config/schema.ts'
import { keys } from '../../src/official/keys.ts'

t.test('docs/official-config.md says of every key, in the order of the table, which settings of ours it becomes', async t => {
  const page = await readFile('docs/official-config.md', 'utf8')
  const rows = [...page.matchAll(/^\| `(\w+)` \| (.*?) ?\|/gm)]
  t.same(rows.map(([, name]) => name), keys.map(({ name }) => name))
  const ours = settings.map(({ schema }) => schema.env)
  for (const [, name, what = ''] of rows) {
    const named = [...what.matchAll(/`(\w+)`/g)].map(([, setting = '']) => setting)
    t.ok(named.every(setting => ours.includes(setting)), `${name}: ${named.join()}`)
    t.notMatch(what, 'not yet')
  }
})
