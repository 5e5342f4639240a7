// Makes a single file of a model: `export.mjs <model> <model folders, joined by ;> <workspace> <most bytes of prepared models>`. It stands beside the pack, which is
// prepared before where there is none, by the same rules as for a viewer. Says how far it is, and how it ended, by JSON lines on stdout.
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../clock.ts'
import { exitCodes } from './exit-codes.ts'
import { Catalogue, isBareName } from './models/catalogue.ts'
import { PackStore } from './models/pack-store.ts'
import { usualMemoryMiB, usualTimeoutMs } from './models/preparation.ts'
import { singleFile, TooLarge } from './single-file/single-file.ts'

const say = (line: object) => { process.stdout.write(`${JSON.stringify(line)}\n`) }
const [model = '', folders = '', workspace = '', cacheBytes = ''] = process.argv.slice(2)
const giveUp = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => { giveUp.abort() })
const packs = new PackStore({
  workspace,
  preparationProgram: fileURLToPath(new URL('prepare.mjs', import.meta.url)),
  preparationTimeoutMs: usualTimeoutMs,
  preparationMemoryMiB: usualMemoryMiB,
  mostBytes: Number(cacheBytes),
  clock: systemClock,
  log: { info: line => { process.stderr.write(`${line}\n`) }, detail: () => {} }
})
const file = await new Catalogue(folders.split(';')).find(model)
if (file === null) {
  say({ refused: 'unknown_model', message: isBareName(model) ? `There is no model "${model}".` : 'A model is named without folder and without odd characters.' })
  process.exit(exitCodes.unexpected)
}
const opened = await packs.open(file, (percent, step) => { say({ percent, step }) }, giveUp.signal)
if (opened.status === 'opened') {
  try {
    say({ percent: 100, step: 'Making a single file' })
    const bytes = await singleFile(opened.pack)
    await packs.tidy()
    say({ made: basename(opened.pack.folder), bytes })
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error
    say({ refused: 'bad_model', message: error.message })
    process.exitCode = exitCodes.unexpected
  } finally {
    await opened.pack.close()
  }
} else {
  if (opened.status === 'unreadable') say({ refused: 'bad_model', message: opened.message })
  process.exitCode = exitCodes.unexpected
}
