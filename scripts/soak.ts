// npm run soak [-- --minutes 60] [--seed S] [--write]: a mixed load with bad stream servers, kills and bad lines; a line of figures a minute, then whether everything holds.
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { machineName } from '../bench/machine.ts'
import { makePrograms } from '../bench/programs.ts'
import { stopAll } from '../bench/running.ts'
import { Soak, type Figures } from '../test/chaos/soak.ts'

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' }, write: { type: 'boolean', default: false } } })
const minutes = whole('minutes', values.minutes)
const seed = whole('seed', values.seed)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { void stopAll().finally(() => { process.exit(130) }) })

const programs = await makePrograms()
if (programs.native === undefined) throw new Error('The soak needs a C compiler, for a stream server of which thousands are started.')
const page = 'docs/reliability.md'
const heading = ['minute', 'requests', 'refused', 'cut off', 'sessions come', 'alive', 'ports free/leased/resting/blocked', 'service MiB', 'its descriptors', 'launcher MiB', 'its descriptors', 'errors']
const lines: string[][] = []
try {
  const soak = await Soak.begin(programs.folder, programs.native['stand-in'], seed)
  console.log(heading.join(' | '))
  for (let minute = 1; minute <= minutes; minute++) {
    lines.push(cells(minute, await soak.minute()))
    console.log(lines.at(-1)?.join(' | '))
  }
  const wrong = await soak.end()
  const verdict = wrong.length === 0 ? 'everything held' : `broken: ${wrong.join('; ')}`
  console.log(verdict)
  if (values.write) write(verdict)
  process.exitCode = wrong.length === 0 ? 0 : 1
} finally {
  await stopAll()
}

function cells (minute: number, { requests, refused, cutOff, come, alive, ports, service, launcher, errors }: Figures): string[] {
  const memory = (bytes: number) => (bytes / 1_048_576).toFixed(0)
  return [minute, requests, refused, cutOff, come, alive, ports, memory(service.memory), service.descriptors, memory(launcher.memory), launcher.descriptors, errors].map(String)
}

/** Every fifth minute is enough for whoever reads. */
function write (verdict: string): void {
  const shown = lines.filter((_, index) => index === 0 || (index + 1) % 5 === 0 || index === lines.length - 1)
  const row = (words: string[]) => `| ${words.join(' | ')} |`
  const text = [`${new Date().toISOString().slice(0, 10)}, ${minutes} minutes, seed ${seed}, ${machineName()}: ${verdict}.`, '', row(heading), row(heading.map(() => '---:')), ...shown.map(row)].join('\n')
  const [before, after] = readFileSync(page, 'utf8').split(/<!-- soak -->[^]*<!-- \/soak -->/)
  if (after === undefined) throw new Error(`${page} has no place for it between <!-- soak --> and <!-- /soak -->`)
  writeFileSync(page, `${before}<!-- soak -->\n${text}\n<!-- /soak -->${after}`)
}

function whole (name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  console.error(`--${name}: expected a whole number from 1, got ${text}`)
  process.exit(2)
}
