// Turns one model file into a pack: `prepare.mjs <model file> <folder to write> <memory in MiB>`. A process of its own, because it needs much
// memory and time and reads files that nobody has checked. Says how far it is, and how it ended, by JSON lines on stdout.
import { constants, setPriority } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Said } from './models/preparation.ts'
import { readModel } from './preparing/read-model.ts'
import { settled } from './preparing/settled.ts'
import { Source } from './preparing/source.ts'
import { UnreadableModel } from './preparing/unreadable.ts'
import { writePack } from './preparing/write-pack.ts'

const say = (line: Said) => { process.stdout.write(`${JSON.stringify(line)}\n`) }
const [input = '', output = '', memoryMiB = ''] = process.argv.slice(2)
new Worker(new URL('prepare-guard.mjs', import.meta.url), { workerData: { memoryMiB: Number(memoryMiB) } }).unref()
setPriority(constants.priority.PRIORITY_BELOW_NORMAL) // Nobody else's viewer shall stutter for it.
try {
  let done = { percent: 0, step: 'Reading the model' }
  say(done)
  const tell = (share: number, step: string) => {
    const percent = Math.floor(100 * share)
    if (percent > done.percent || (percent === done.percent && step !== done.step)) say(done = { percent, step })
  }
  const source = await Source.open(input)
  const assembly = settled(await readModel(source, tell))
  // What reading has left is for what is made of it.
  const read = Math.max(done.percent, 10) / 100
  await writePack(assembly, output, (share, part) => { if (Math.floor(100 * (read + (1 - read) * share)) > done.percent) tell(read + (1 - read) * share, `Preparing ${part}`) })
  say({ made: source.sources, warnings: assembly.warnings.slice(0, 20) })
} catch (error) {
  if (!(error instanceof UnreadableModel)) throw error
  say({ unreadable: error.message })
  process.exitCode = 1
}
