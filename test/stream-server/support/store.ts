import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { systemClock } from '../../../src/clock.ts'
import type { Clock } from '../../../src/clock.ts'
import { PackStore } from '../../../src/stream-server/models/pack-store.ts'
import type { PackStoreSettings } from '../../../src/stream-server/models/pack-store.ts'
import type { Pack } from '../../../src/stream-server/models/pack.ts'
import { programs } from './bundle.ts'

const { prepare } = await programs()

/** Of somebody who waits. */
export const wanted = new AbortController().signal

/** A log that keeps its lines. */
export function quietLog () {
  const lines: string[] = []
  return { lines, info: (line: string) => { lines.push(line) }, detail: () => {} }
}

/** A workspace, a folder for models, and stores as several processes have them. */
export async function store (t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'stream-server-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'models'))
  const log = quietLog()
  const make = (clock: Clock = systemClock, program = prepare, more: Partial<PackStoreSettings> = {}) =>
    new PackStore({ workspace: folder, preparationProgram: program, preparationTimeoutMs: 60_000, preparationMemoryMiB: 2048, mostBytes: 2 ** 30, clock, log, ...more })
  const steps: string[] = []
  const open = async (file: string) => await make().open(file, (percent, step) => { steps.push(`${percent} ${step}`) }, wanted)
  return { folder, file: (name: string) => join(folder, 'models', name), make, open, steps, log }
}

/** The pack, closed when the test ends. */
export async function opened (t: Test, result: ReturnType<PackStore['open']>): Promise<Pack> {
  const outcome = await result
  if (outcome.status !== 'opened') throw new Error(JSON.stringify(outcome))
  t.teardown(() => outcome.pack.close())
  return outcome.pack
}
