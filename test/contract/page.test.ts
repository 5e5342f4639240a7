import { readFile } from 'node:fs/promises'
import t from 'tap'
import { withContractTable } from './page.ts'
import { rows } from './rows.ts'

t.test('docs/compatibility.md is what the rows say; else run `npm run docs`', async t => {
  const page = await readFile('docs/compatibility.md', 'utf8')
  t.equal(page, withContractTable(page))
})

t.test('every row has a name of its own, and says why where it differs', async t => {
  t.equal(new Set(rows.map(({ title }) => title)).size, rows.length)
  for (const { title, verdict, why } of rows) t.equal(why === undefined, verdict === 'same', title)
})
