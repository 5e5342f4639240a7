import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { problemOf } from '../../fuzz/model-input.ts'
import { alterAny, type Alter } from '../../fuzz/model-structure.ts'
import { chance } from '../../fuzz/mutation.ts'

/** Files per format. */
const rounds = 2000
/** Of the processor. One that takes longer is as good as hanging: the files are small. */
const longestMs = 5000

/** Reads `count` altered files: each ends with a sound model or in one sentence, and soon; half of them pass for files of their format. */
export async function fuzz (t: Test, name: string, seeds: Buffer[], alter: Alter, looks: (bytes: Buffer) => boolean, count = rounds): Promise<void> {
  const path = join(t.testdir({ 'looks.mtl': 'newmtl red\nKd 1 0 0\n' }), name)
  const pick = chance(20_260_101)
  const counts = { read: 0, refused: 0, pastFirst: 0 }
  for (let i = 0; i < count; i++) {
    const bytes = alterAny(alter)(seeds[i % seeds.length] ?? Buffer.alloc(0), pick)
    await writeFile(path, bytes)
    const started = process.cpuUsage()
    const { end, problem } = await problemOf(path)
    counts[end]++
    if (looks(bytes)) counts.pastFirst++
    if (problem !== null) t.fail(`round ${i}: ${problem}`)
    const { user, system } = process.cpuUsage(started)
    if ((user + system) / 1000 > longestMs) t.fail(`round ${i} took ${(user + system) / 1000} ms`)
  }
  t.ok(counts.refused > 0 && counts.read + counts.refused === count && counts.pastFirst > count / 2, JSON.stringify(counts))
}
