import { readFileSync } from 'node:fs'
import t from 'tap'

/** Rows of the fault matrix: the fault, what is said of it, and where it is played. */
const rows = readFileSync('docs/reliability.md', 'utf8')
  .split('## Fault matrix')[1]?.split('\n## ')[0]?.split('\n')
  .filter(line => line.startsWith('| ') && !line.startsWith('| Fault ')) ?? []

/** Titles of the tests in a file, as they are written. */
const titles = (file: string) => [...readFileSync(file, 'utf8').matchAll(/\bt\.test\((['`])(.*?)\1, /g)].map(([, , title]) => title)

t.test('every row of the fault matrix names a test that is there', async t => {
  t.ok(rows.length > 30, `${rows.length} rows`)
  for (const row of rows) {
    const cells = row.split('|').slice(1, -1).map(cell => cell.trim())
    t.equal(cells.length, 5, row)
    t.ok(cells.every(cell => cell !== ''), row)
    const [, file = '', title = ''] = /^`(test\/\S+\.test\.ts)` › (.+)$/.exec(cells.at(-1) ?? '') ?? []
    t.ok(titles(file).includes(title), `${file}: ${title}`)
  }
})

t.test('a row whose test is not there would be found', async t => {
  t.notOk(titles('test/fault-matrix.test.ts').includes('no such test'))
  t.ok(titles('test/fault-matrix.test.ts').includes('a row whose test is not there would be found'))
})
