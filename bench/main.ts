// npm run bench [-- first-picture] [--rounds N]: measures, prints, and writes docs/benchmarks.md.
import { writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { firstPicture } from './first-picture.ts'

const parts: Record<string, (rounds: number) => Promise<string>> = { 'first-picture': firstPicture }
const { positionals, values } = parseArgs({ allowPositionals: true, options: { rounds: { type: 'string', default: '5' } } })
const unknown = positionals.filter(name => parts[name] === undefined)
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are: ${Object.keys(parts).join(', ')}`)
  process.exit(2)
}

const pages: string[] = []
for (const [name, measure] of Object.entries(parts)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  console.error(`measuring ${name}…`)
  pages.push(await measure(Number(values.rounds)))
}
const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}, ${process.platform}`
const page = `# Benchmarks\n\nWritten by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}.\nMachine: ${machine}. It is shared: compare figures within one table only.\n\n${pages.join('\n')}`
console.log(page)
if (positionals.length === 0) await writeFile('docs/benchmarks.md', page)
