import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { managerKinds, managerNames, startManager } from './managers.ts'
import { cell, interleave, judge, notMeasured, table, type Scale, type Section } from './part.ts'
import { startMany } from './starts.ts'

interface Delay { p50: number, p99: number, max: number }

const wanted = { most: 4 }

/** How long the event loop of the serving process is held up while ten starts are always in flight. */
export async function loop (scale: Scale): Promise<Section> {
  const { programs, quick } = scale
  if (programs.native === undefined) return { markdown: ['Not measured: there is no C compiler.', ''], targets: [notMeasured('event-loop delay p99', '≤ 4 ms', 'no C compiler')] }
  const contestants = await Promise.all(managerKinds.filter(kind => kind !== 'floor').map(async kind => {
    const file = join(programs.folder, `loop-${kind}`)
    return { kind, file, ...await startManager(kind, programs, { nodeArgs: ['--import', programs.script('loop-delay')], env: { BENCH_LOOP_FILE: file } }) }
  }))
  try {
    for (const { port } of contestants) await startMany(port, { atATime: 10, count: 300, milliseconds: 3_000 })
    const watched = async (pid: number, file: string, action: () => Promise<unknown>): Promise<Delay> => {
      process.kill(pid, 'SIGUSR2')
      await action()
      process.kill(pid, 'SIGUSR2')
      await new Promise(resolve => { setTimeout(resolve, 300) })
      return JSON.parse(await readFile(file, 'utf8')) as Delay
    }
    const values = await interleave(scale, contestants, async ({ pid, file, port }) => ({
      idle: await watched(pid, file, () => new Promise(resolve => { setTimeout(resolve, quick ? 500 : 2_000) })),
      busy: await watched(pid, file, () => startMany(port, { atATime: 10, count: Infinity, milliseconds: quick ? 1_000 : 8_000 }))
    }))
    const column = (name: string, pick: (value: { idle: Delay, busy: Delay }) => number) => (values.get(name) ?? []).map(pick)
    return {
      markdown: [
        'Event-loop delay of the process that serves viewers, milliseconds, sampled every millisecond (that millisecond is contained), while ten starts are always in flight.',
        '',
        ...table(['manager', 'idle p99', 'p50', 'p99', 'longest'], contestants.map(({ name }) => [
          name, cell(column(name, ({ idle }) => idle.p99), 2), cell(column(name, ({ busy }) => busy.p50), 2), cell(column(name, ({ busy }) => busy.p99), 2), cell(column(name, ({ busy }) => busy.max), 1)
        ]))
      ],
      targets: contestants.filter(({ kind }) => kind !== 'bare').map(({ kind }) => judge(`${managerNames[kind]}: event-loop delay p99`, wanted, ' ms', column(managerNames[kind], ({ busy }) => busy.p99), 2))
    }
  } finally {
    await Promise.all(contestants.map(({ stop }) => stop()))
  }
}
