// Turns one model file into a pack: `prepare.mjs <model file> <folder to write>`. A process of its own, because it needs much
// memory and time and reads files that nobody has checked. Says how far it is by JSON lines on stdout.
import { constants, setPriority } from 'node:os'
import { takeApart } from './preparing/assembly.ts'
import { readGltf } from './preparing/read-gltf.ts'
import { UnreadableModel } from './preparing/unreadable.ts'
import { writePack } from './preparing/write-pack.ts'

const say = (line: { percent: number, step: string } | { unreadable: string }) => { process.stdout.write(`${JSON.stringify(line)}\n`) }
setPriority(constants.priority.PRIORITY_BELOW_NORMAL) // Nobody else's viewer shall stutter for it.
const [input = '', output = ''] = process.argv.slice(2)
try {
  say({ percent: 0, step: 'Reading the model' })
  const assembly = takeApart(await readGltf(input))
  let last = 0
  await writePack(assembly, output, (share, part) => {
    const percent = Math.floor(10 + 90 * share)
    if (percent > last) say({ percent: last = percent, step: `Preparing ${part}` })
  })
} catch (error) {
  if (!(error instanceof UnreadableModel)) throw error
  say({ unreadable: error.message })
  process.exitCode = 1
}
