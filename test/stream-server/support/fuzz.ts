import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { chance, mutated } from '../../fuzz/mutation.ts'
import { problemOf } from '../../fuzz/model-input.ts'

/** Files per format. */
const rounds = 2000
/** Of the processor. One that takes longer is as good as hanging: the files are small. */
const longestMs = 5000

/** Reads `count` mutated files: each ends with a sound model or in one sentence, and soon. */
export async function fuzz (t: Test, name: string, seeds: Buffer[], count = rounds): Promise<void> {
  const path = join(t.testdir({ 'looks.mtl': 'newmtl red\nKd 1 0 0\n' }), name)
  const pick = chance(20_260_101)
  const counts = { read: 0, refused: 0 }
  for (let i = 0; i < count; i++) {
    await writeFile(path, mutated(seeds[i % seeds.length] ?? Buffer.alloc(0), pick))
    const started = process.cpuUsage()
    const { end, problem } = await problemOf(path)
    counts[end]++
    if (problem !== null) t.fail(`round ${i}: ${problem}`)
    const { user, system } = process.cpuUsage(started)
    if ((user + system) / 1000 > longestMs) t.fail(`round ${i} took ${(user + system) / 1000} ms`)
  }
  t.ok(counts.refused > 0 && counts.read + counts.refused === count, JSON.stringify(counts))
}
