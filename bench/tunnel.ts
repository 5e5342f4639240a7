import { direct, floor, handedOver, notBuilt, peers, processesOf, slipway, startPeer, startSlipway, startTarget, type Proxy } from './proxies.ts'
import { causes, cell, interleave, judge, notMeasured, ratios, table, type Scale, type Section, type Target } from './part.ts'
import { processorTime, resident } from './proc.ts'
import { echo, stream, whileHanging } from './viewers.ts'

interface Passage { echo: number, small: number, large: number, cpu: number, stalled: number }

const kilobyte = 1024
const megabyte = 2 ** 20

/** What a way through a proxy costs: there and back, streams of messages to the viewer, processor time, a viewer that does not read. */
export async function tunnel (scale: Scale): Promise<Section> {
  const { programs, quick, tell } = scale
  if (programs.native === undefined) return { markdown: ['Not measured: there is no C compiler.', ''], targets: [notMeasured('tunnel', 'see the other lines', 'no C compiler')] }
  const target = await startTarget(programs)
  const ways: Proxy[] = []
  const missing: string[] = []
  try {
    const own = await startSlipway(programs)
    ways.push({ name: direct, port: target.port, path: '/', pid: null, stop: target.stop }, own)
    for (const name of [handedOver, ...Object.keys(peers)]) {
      try {
        const way = name === handedOver ? await startSlipway(programs, name) : await startPeer(name, programs, target.port)
        ways.push(way)
        // Code that ran once is compiled: that is no part of the measurement.
        await stream(programs, way, 64 * kilobyte, 512)
      } catch (error) {
        if (ways.at(-1)?.name === name) await ways.pop()?.stop()
        missing.push(`${name} is not measured: ${(error as Error).message.slice(0, 300)}`)
        tell(missing.at(-1) ?? '')
      }
    }
    const volume = (quick ? 64 : 512) * megabyte
    await stream(programs, own, 64 * kilobyte, 512)
    const values = await interleave(scale, ways, async (way): Promise<Passage> => {
      const time = await echo(programs, way, kilobyte, quick ? 1_000 : 5_000)
      const before = timeOf(way)
      const small = await stream(programs, way, 64 * kilobyte, volume / (64 * kilobyte))
      const large = await stream(programs, way, megabyte, volume / megabyte)
      const used = timeOf(way) - before
      return { echo: time, small, large, cpu: used * 1_000 / (2 * volume / 1e9), stalled: await stalledGrowth(scale, way) }
    })
    const column = (name: string, pick: (passage: Passage) => number) => (values.get(name) ?? []).map(pick)
    const share = (name: string, pick: (passage: Passage) => number, of = direct) => ratios(column(name, pick), column(of, pick))
    const yardsticks = [floor, 'http-proxy-3'].filter(name => values.has(name))
    const rows = ways.map(({ name, pid }) => [
      name,
      `${cell(column(name, passage => passage.echo), 0)}, × ${cell(share(name, passage => passage.echo), 2)}`,
      `${cell(column(name, ({ small }) => small / 1e6), 0)}, ${cell(share(name, ({ small }) => small), 2)}`,
      `${cell(column(name, ({ large }) => large / 1e6), 0)}, ${cell(share(name, ({ large }) => large), 2)}`,
      pid === null ? '–' : cell(column(name, ({ cpu }) => cpu), 0),
      ...yardsticks.map(yardstick => pid === null ? '–' : cell(share(name, ({ cpu }) => cpu, yardstick), 2)),
      pid === null ? '–' : cell(column(name, ({ stalled }) => stalled), 1)
    ])
    return {
      markdown: [
        `One viewer and one stream server, both in C. 1 KB there and back; messages of 64 KB and 1 MB to the viewer, ${volume / megabyte} MB each; the processor time of the proxy per GB of the two;`,
        'how much its memory grew a second and a half after a viewer that does not read had asked for 400 MB. What is handed over is carried by the native carrier, which is counted in.',
        '',
        ...table(['way', 'echo µs, × direct', '64 KB: MB/s, of direct', '1 MB: MB/s, of direct', 'CPU ms/GB', ...yardsticks.map(name => `CPU × ${name.replace(/:.*/, '')}`), 'stalled MB'], rows),
        ...missing.flatMap(line => [line, ''])
      ],
      targets: targetsOf(name => values.has(name), share, column)
    }
  } finally {
    await Promise.all(ways.map(({ stop }) => stop()))
    await target.stop()
  }
}

/** Processor time in seconds. */
const timeOf = (way: Proxy) => processesOf(way).reduce((sum, pid) => sum + processorTime(pid), 0)
const memoryOf = (way: Proxy) => processesOf(way).reduce((sum, pid) => sum + resident(pid), 0)

/** Megabytes. */
async function stalledGrowth ({ programs }: Scale, way: Proxy): Promise<number> {
  if (way.pid === null) return 0
  const before = memoryOf(way)
  return await whileHanging(programs, way, { stalled: [megabyte, 400] }, async () => {
    await new Promise(resolve => { setTimeout(resolve, 1_500) })
    return (memoryOf(way) - before) / 1e6
  })
}

type Pick = (passage: Passage) => number

function targetsOf (has: (name: string) => boolean, share: (name: string, pick: Pick, of?: string) => number[], column: (name: string, pick: Pick) => number[]): Target[] {
  const against = (what: string, peer: string, limit: { most?: number, least?: number }, pick: Pick) => {
    const unit = ` × ${peer}`
    return has(peer) ? judge(what, limit, unit, share(slipway, pick, peer), 2, causes) : notMeasured(what, `${limit.least === undefined ? `≤ ${limit.most}` : `≥ ${limit.least}`}${unit}`, `${peer} is not here`)
  }
  const streams: Array<[string, Pick]> = [['64 KB messages', ({ small }) => small], ['1 MB messages', ({ large }) => large]]
  return [
    ...streams.flatMap(([what, pick]) => [
      against(`${what}, MB/s`, 'http-proxy-3', { least: 1.4 }, pick),
      against(`${what}, MB/s`, 'nginx as shipped', { least: 1.8 }, pick),
      against(`${what}, MB/s`, 'HAProxy', { least: 1 }, pick)
    ]),
    against('CPU per GB', 'http-proxy-3', { most: 0.6 }, ({ cpu }) => cpu),
    against('1 KB echo', 'http-proxy-3', { most: 1 }, passage => passage.echo),
    judge('1 KB echo', { most: 3.1 }, ' × direct', share(slipway, passage => passage.echo), 2),
    judge('stalled viewer, 400 MB pending: growth', { most: 4 }, ' MB', column(slipway, ({ stalled }) => stalled), 1),
    ...handedOverTargets(has, share, column),
    ...has(floor) ? [] : [notMeasured('the floor', 'splice(2)', 'it does not run here')]
  ]
}

/** The floor is what a program in C can do that has nothing else to do. */
function handedOverTargets (has: (name: string) => boolean, share: (name: string, pick: Pick, of?: string) => number[], column: (name: string, pick: Pick) => number[]): Target[] {
  const stalled = 'handed over: stalled viewer, 400 MB pending: growth'
  const least = 0.9
  const streams: Array<[string, Pick]> = [['handed over: 64 KB messages, MB/s', ({ small }) => small], ['handed over: 1 MB messages, MB/s', ({ large }) => large]]
  const missing = has(handedOver) ? has(floor) ? undefined : 'the floor does not run here' : notBuilt
  return [
    ...streams.map(([what, pick]) => missing === undefined ? judge(what, { least }, ' × the floor', share(handedOver, pick, floor), 2, causes) : notMeasured(what, `≥ ${least} × the floor`, missing)),
    has(handedOver) ? judge(stalled, { most: 4 }, ' MB', column(handedOver, passage => passage.stalled), 1) : notMeasured(stalled, '≤ 4 MB', notBuilt)
  ]
}
