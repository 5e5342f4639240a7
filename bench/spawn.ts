import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { managerKinds, managerNames, startManager, type Manager, type ManagerKind } from './managers.ts'
import { causes, cell, interleave, judge, notMeasured, ratios, table, type Scale, type Section, type Target } from './part.ts'
import { availableMemory } from './proc.ts'
import { hasNativeLauncher } from './service.ts'
import { startMany, type Load, type Starts } from './starts.ts'
import { median } from './statistics.ts'

const atATime = [1, 10, 50] as const
const limits = { javascript: { 1: 3, 10: 3.3, 50: 3 }, native: { 1: 1.9, 10: 1.5, 50: 1.25 } }
/** Starts a second of the native launcher, in multiples of the floor's. */
const leastRate = 0.85
const megabyte = 2 ** 20

/** From the request for a viewer to the answer, in multiples of what a C program needs for it; the child is ready a millisecond after exec. */
export async function spawn (scale: Scale): Promise<Section> {
  const wanted = '≤ 3 / 3.3 / 3 × floor, native ≤ 1.9 / 1.5 / 1.25 and ≥ 0.85 of its starts a second'
  if (scale.programs.native === undefined) return { markdown: ['Not measured: there is no C compiler.', ''], targets: [notMeasured('spawn p50', wanted, 'no C compiler')] }
  const { ballasts, skipped } = sizes(scale.quick ? [1_000] : [500, 1_000])
  const managers: Array<Manager & { kind: ManagerKind, ballast: number }> = []
  try {
    for (const ballast of ballasts) {
      for (const kind of managerKinds) if (kind !== 'floor' || ballast === 0) managers.push({ ...await startManager(kind, scale.programs, { ballast }), kind, ballast })
    }
    // Code that ran once is compiled: that is no part of the measurement.
    for (const { name, port, kind, ballast } of managers) {
      scale.tell(`warming up: ${name}`)
      await startMany(port, { atATime: 10, count: kind === 'bare' && ballast > 0 ? 10 : 300, milliseconds: scale.quick ? 500 : 3_000 })
    }
    const values = await interleave(scale, managers, async ({ port }) => {
      const results: Starts[] = []
      for (const load of loads(scale)) results.push(await startMany(port, load))
      return results
    })
    const column = (name: string, load: number, pick: (starts: Starts) => number) => (values.get(name) ?? []).map(results => pick(results[load] as Starts))
    const floor = (load: number, pick: (starts: Starts) => number) => column(managerNames.floor, load, pick)
    const p50 = ({ p50 }: Starts) => p50
    const perSecond = ({ perSecond }: Starts) => perSecond
    const rows = managers.map(({ name }) => [
      name,
      ...atATime.map((_, load) => `${median(column(name, load, p50)).toFixed(2)} ms, × ${cell(ratios(column(name, load, p50), floor(load, p50)), 2)}`),
      cell(column(name, 2, perSecond), 0),
      cell(ratios(column(name, 2, perSecond), floor(2, perSecond)), 2)
    ])
    const targets: Target[] = managers.flatMap(({ kind, name }) => kind !== 'javascript' && kind !== 'native'
      ? []
      : [
          ...atATime.map((count, load) =>
            judge(`${name}: answer p50, ${count} at a time`, { most: limits[kind][count] }, ' × floor', ratios(column(name, load, p50), floor(load, p50)), 2, causes)),
          ...kind === 'native' ? [judge(`${name}: starts a second, 50 at a time`, { least: leastRate }, ' × floor', ratios(column(name, 2, perSecond), floor(2, perSecond)), 2, causes)] : []
        ])
    const delay = await ownDelay(scale)
    return {
      markdown: [
        'From `POST /api/spawn` to its answer, p50, and in multiples of the floor: a C program that calls `posix_spawn` and answers once the child has reported ready.',
        'The child is a static C program that reports ready about a millisecond after exec and ends; every start is reaped in the same time. Log files of stream servers are on, as shipped.',
        '',
        ...table(['manager', ...atATime.map(count => `${count} at a time`), 'starts/s at 50', 'of the floor'], rows),
        ...hasNativeLauncher ? [] : ['The native launcher is not built here, so it is not measured (`npm run build:native`).', ''],
        ...skipped.map(size => `A parent ${size} MB larger is not measured: three of them do not fit into the memory that is free.`),
        `From the child's \`ready\` to the answer at the client, one at a time: p50 ${cell(delay, 2)} ms; the client's own share is in it.`,
        ''
      ],
      targets: [...targets, judge('own delay on top of the child\'s ready, p50', { most: 2 }, ' ms', delay, 2), ...skipped.map(size => notMeasured(`spawn, parent ${size} MB larger`, wanted, 'not enough memory'))]
    }
  } finally {
    await Promise.all(managers.map(manager => manager.stop()))
  }
}

function loads ({ quick }: Scale): Load[] {
  return quick
    ? [{ atATime: 1, count: 30, milliseconds: 500 }, { atATime: 10, count: 100, milliseconds: 600 }, { atATime: 50, count: 150, milliseconds: 800 }]
    : [{ atATime: 1, count: 200, milliseconds: 2_000 }, { atATime: 10, count: 1_000, milliseconds: 3_000 }, { atATime: 50, count: 2_000, milliseconds: 4_000 }]
}

/** Sizes that fit: three processes of each, and 2 GB left for everybody else. */
function sizes (wanted: readonly number[]): { ballasts: number[], skipped: number[] } {
  let free = availableMemory() / megabyte - 2_000
  const ballasts = [0]
  const skipped: number[] = []
  for (const size of wanted) {
    if (free < size * (managerKinds.length - 1)) {
      skipped.push(size)
      continue
    }
    free -= size * (managerKinds.length - 1)
    ballasts.push(size)
  }
  return { ballasts, skipped }
}

/** Milliseconds between the child's word and the answer, p50 of each round; both clocks are the kernel's monotonic one. */
async function ownDelay (scale: Scale): Promise<number[]> {
  const file = join(scale.programs.folder, 'ready-times')
  const manager = await startManager('javascript', scale.programs, { standIn: ['--bench-leave-after', '0', '--bench-clock', file] })
  try {
    await startMany(manager.port, { atATime: 1, count: 100, milliseconds: 2_000 })
    const { delays } = await interleaveOne(scale, manager, file)
    return delays
  } finally {
    await manager.stop()
    if (existsSync(file)) rmSync(file)
  }
}

async function interleaveOne (scale: Scale, manager: Manager, file: string): Promise<{ delays: number[] }> {
  const values = await interleave(scale, [{ name: 'own delay', port: manager.port }], async ({ port }) => {
    const { answers } = await startMany(port, { atATime: 1, count: scale.quick ? 30 : 200, milliseconds: 2_000 })
    const ready = new Map(readFileSync(file, 'utf8').trimEnd().split('\n').map(line => line.split(' ') as [string, string]))
    return median(answers.flatMap(({ id, at }) => ready.has(id) ? [Number(at - BigInt(ready.get(id) ?? 0)) / 1e6] : []))
  })
  return { delays: values.get('own delay') ?? [] }
}
