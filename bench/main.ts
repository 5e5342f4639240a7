// npm run bench [-- part…] [--quick] [--rounds N]: measures, prints, and writes docs/benchmarks.md.
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { ahead } from './ahead.ts'
import { crowd } from './crowd.ts'
import { firstPicture } from './first-picture.ts'
import { loop } from './loop.ts'
import { Disturbance, machineName } from './machine.ts'
import { memory } from './memory.ts'
import { metrics } from './metrics.ts'
import { Page } from './page.ts'
import { notMeasured, type Part, type Section } from './part.ts'
import { pictures } from './pictures.ts'
import { makePrograms } from './programs.ts'
import { reap } from './reap.ts'
import { reports } from './reports.ts'
import { stopAll } from './running.ts'
import { spawn } from './spawn.ts'
import { tunnel } from './tunnel.ts'
import { waiting } from './waiting.ts'

const parts: Record<string, Part> = { spawn, ahead, loop, reap, tunnel, memory, reports, metrics, crowd, waiting, stream: firstPicture, pictures }
const { positionals, values: { quick, rounds } } = parseArgs({ allowPositionals: true, options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string' } } })
const unknown = positionals.filter(name => parts[name] === undefined)
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are: ${Object.keys(parts).join(', ')}`)
  process.exit(2)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    console.error('ending what was started…')
    void stopAll().finally(() => { process.exit(130) })
  })
}

const began = performance.now()
const secondsSince = (moment: number) => ((performance.now() - moment) / 1_000).toFixed(0)
const file = 'docs/benchmarks.md'
const programs = await makePrograms()
const page = new Page(await readFile(file, 'utf8').catch(() => ''), Object.keys(parts))
try {
  for (const [name, measure] of Object.entries(parts)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue
    const came = performance.now()
    const tell = (text: string) => { console.error(`[${secondsSince(came).padStart(4)} s] ${name}: ${text}`) }
    const disturbance = await Disturbance.whenQuiet(quick ? 0 : 60_000, tell)
    const started = performance.now()
    const scale = { quick, rounds: Number(rounds ?? (quick ? 1 : 5)), programs, tell }
    const section = await measure(scale).catch(async (error: unknown): Promise<Section> => {
      // The other parts can be measured all the same.
      process.exitCode = 1
      await stopAll()
      return { markdown: [`Not measured: ${(error as Error).message}`, ''], targets: [notMeasured(name, 'see the other runs', (error as Error).message.slice(0, 200))] }
    })
    const circumstances = `Measured on ${new Date().toISOString().slice(0, 10)} in ${secondsSince(started)} s, ${section.repeated ?? `${scale.rounds} ${scale.rounds === 1 ? 'round' : 'rounds'}`}; ${machineName()}; C compiler: ${programs.compiler}; ${disturbance.inWords()}.`
    page.put(name, section, circumstances)
    console.log([`## ${name}`, '', circumstances, '', ...section.markdown, ...section.targets.map(({ what, wanted, measured, met }) => `${met === null ? '?' : met ? '+' : '-'} ${what}: wanted ${wanted}, measured ${measured}`), ''].join('\n'))
    if (!quick) await writeFile(file, `${page}`)
  }
} finally {
  await stopAll()
  console.error(`all of it took ${secondsSince(began)} s`)
}
