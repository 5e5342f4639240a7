import { join } from 'node:path'
import { HttpLine } from './http-line.ts'
import { startManager, type Manager } from './managers.ts'
import { cell, interleave, judge, notMeasured, ratios, table, type Scale, type Section } from './part.ts'
import { startService, withStandIn } from './service.ts'
import { startMany } from './starts.ts'
import { median } from './statistics.ts'

const wait = 500

/** The answer to whom a session that was started ahead is given, against a start, and against a stream server that takes half a second. */
export async function ahead (scale: Scale): Promise<Section> {
  const { programs, quick } = scale
  const spares = quick ? 4 : 16
  const standIn = programs.native?.['stand-in']
  if (standIn === undefined) return { markdown: ['Not measured: there is no C compiler.', ''], targets: [notMeasured('claim of a session started ahead', '≤ 1 × floor', 'no C compiler')] }
  const settings = (count: number, first: number) => withStandIn(standIn, join(programs.folder, `ahead-${count}`), { SLIPWAY_CSR_ARGS: `--bench-delay;${wait}`, SLIPWAY_STARTED_AHEAD_CSR: String(count), SLIPWAY_MAX_SESSIONS: '200', SLIPWAY_WS_PORTS_BEGIN: String(first) })
  const managers: Manager[] = []
  try {
    const floor = await startManager('floor', programs)
    managers.push(floor)
    const claimed = { name: `Slipway, ${spares} started ahead`, ...await startService(settings(spares, 27_000)) }
    managers.push(claimed)
    const cold = { name: 'Slipway, none started ahead', ...await startService(settings(0, 27_200)) }
    managers.push(cold)
    await startMany(floor.port, { atATime: 1, count: 200, milliseconds: 2_000 })
    const values = await interleave(scale, managers, async manager => {
      if (manager === floor) return (await startMany(floor.port, { atATime: 1, count: quick ? 30 : 200, milliseconds: 2_000 })).p50
      if (manager === claimed) await refilled(claimed.port, spares)
      return await claims(manager.port, manager === claimed ? spares / 2 : quick ? 2 : 4)
    })
    const column = ({ name }: Manager) => values.get(name) ?? []
    return {
      markdown: [
        `One request at a time, p50. The stream server takes ${wait} ms to be ready; the floor is a C program that starts one that takes a millisecond. Claims are made while ${spares} wait.`,
        '',
        ...table(['manager', 'answer, ms', '× floor'], managers.map(manager => [manager.name, cell(column(manager), 2), cell(ratios(column(manager), column(floor)), 2)]))
      ],
      targets: [
        judge('claim of a session started ahead', { most: 1 }, ' × floor', ratios(column(claimed), column(floor)), 2),
        judge(`claim, stream server takes ${wait} ms`, { most: 0.01 }, ' × cold answer', ratios(column(claimed), column(cold)), 4)
      ]
    }
  } finally {
    await Promise.all(managers.map(manager => manager.stop()))
  }
}

/** Waits until all that are to be started ahead are there. */
async function refilled (port: number, spares: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } })).text()
    if (new RegExp(`^slipway_sessions\\{state="spare",renderer="csr"\\} ${spares}$`, 'm').test(metrics)) return
    await new Promise(resolve => { setTimeout(resolve, 100) })
  }
  throw new Error('the sessions started ahead do not come')
}

/** Milliseconds, p50; every session is ended again. */
async function claims (port: number, count: number): Promise<number> {
  const line = await HttpLine.open(port)
  const times: number[] = []
  const ids: string[] = []
  try {
    for (let request = 0; request < count; request++) {
      const started = performance.now()
      const { status, body } = await line.ask('POST', '/api/spawn')
      times.push(performance.now() - started)
      if (status !== 200) throw new Error(`a start was refused: ${body}`)
      ids.push((JSON.parse(body) as { serviceId: string }).serviceId)
    }
    for (const id of ids) await line.ask('DELETE', `/api/spawns/${id}`)
  } finally {
    line.close()
  }
  return median(times)
}
