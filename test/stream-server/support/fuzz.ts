import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { readModel } from '../../../src/stream-server/preparing/read-model.ts'
import { settled } from '../../../src/stream-server/preparing/settled.ts'
import { Source } from '../../../src/stream-server/preparing/source.ts'
import { UnreadableModel } from '../../../src/stream-server/preparing/unreadable.ts'

/** Files per format. */
const rounds = 2000
/** Of the processor. One that takes longer is as good as hanging: the files are small. */
const longestMs = 5000

/** Numbers that are the same in every run. */
export function chance (seed: number) {
  let state = seed
  return (below: number) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0
    return ((state ^ (state >>> 13)) >>> 0) % below
  }
}

const wild = ['-1', '1e999', 'NaN', '4294967295', '0', '', '"', '<', '{', '}', '[', ']', '\0', '999999999', '-', '/', '#', '\n', '1e-300', '0x7f']

/** The bytes with some changed, cut out, doubled, or replaced by what files should not have. */
export function mutated (bytes: Buffer, pick: (below: number) => number): Buffer {
  let made = Buffer.from(bytes)
  for (let times = 1 + pick(4); times > 0; times--) {
    const at = pick(made.length || 1)
    switch (pick(6)) {
      case 0: made[at] = pick(256); break
      case 1: made[at] = (made[at] ?? 0) ^ (1 << pick(8)); break
      case 2: made = made.subarray(0, at); break
      case 3: made = Buffer.concat([made.subarray(0, at), made.subarray(at + pick(64))]); break
      case 4: made = Buffer.concat([made.subarray(0, at), Buffer.from(wild[pick(wild.length)] ?? ''), made.subarray(at + pick(8))]); break
      case 5: made = Buffer.concat([made.subarray(0, at), made.subarray(Math.max(0, at - pick(64)))])
    }
  }
  return made
}

/** Reads `count` mutated files: each ends with a sound model or in one sentence, and soon. */
export async function fuzz (t: Test, name: string, seeds: Buffer[], count = rounds): Promise<void> {
  const path = join(t.testdir({ 'looks.mtl': 'newmtl red\nKd 1 0 0\n' }), name)
  const pick = chance(20_260_101)
  const counts = { read: 0, refused: 0 }
  for (let i = 0; i < count; i++) {
    const bytes = mutated(seeds[i % seeds.length] ?? Buffer.alloc(0), pick)
    await writeFile(path, bytes)
    const started = process.cpuUsage()
    try {
      const { parts, instances } = settled(await readModel(await Source.open(path)))
      counts.read++
      if (!parts.every(({ mesh }) => mesh.positions.every(Number.isFinite)) || !instances.every(({ matrix }) => matrix.every(Number.isFinite))) t.fail(`round ${i} let through what is not a number`)
    } catch (error) {
      counts.refused++
      if (!(error instanceof UnreadableModel) || !/^[A-Z].{5,500}\.$/s.test(error.message)) t.fail(`round ${i}: ${(error as Error).stack}`)
    }
    const { user, system } = process.cpuUsage(started)
    if ((user + system) / 1000 > longestMs) t.fail(`round ${i} took ${(user + system) / 1000} ms`)
  }
  t.ok(counts.refused > 0 && counts.read + counts.refused === count, JSON.stringify(counts))
}
