import { floor, slipway, startPeer, startSlipway, startTarget, type Proxy } from './proxies.ts'
import { cell, interleave, judge, notMeasured, table, type Scale, type Section } from './part.ts'
import { descriptors, resident } from './proc.ts'
import { whileHanging } from './viewers.ts'

interface Cost { kilobytes: number, left: number }

/** What a tunnelled viewer costs that says nothing, and whether its descriptors come back. */
export async function memory (scale: Scale): Promise<Section> {
  const { programs, quick } = scale
  const connections = quick ? 1_000 : 3_000
  const what = 'idle tunnelled connection'
  if (programs.native === undefined) return { markdown: ['Not measured: there is no C compiler.', ''], targets: [notMeasured(what, '≤ 20 KB', 'no C compiler')] }
  const target = await startTarget(programs)
  try {
    const contestants = [slipway, 'http-proxy-3', ...quick ? [] : [floor, '@fastify/http-proxy', 'nginx as shipped', 'HAProxy']].map(name => ({ name }))
    const absent = new Map<string, string>()
    // A process of its own for every round: memory that was used once is not given back.
    const values = await interleave(scale, contestants, async ({ name }): Promise<Cost | undefined> => {
      if (absent.has(name)) return undefined
      let way: Proxy | undefined
      try {
        way = name === slipway ? await startSlipway(programs) : await startPeer(name, programs, target.port)
        return await cost(scale, way, connections)
      } catch (error) {
        absent.set(name, (error as Error).message.slice(0, 200))
        return undefined
      } finally {
        await way?.stop()
      }
    })
    const column = (name: string, pick: (cost: Cost) => number) => (values.get(name) ?? []).flatMap(cost => cost === undefined ? [] : [pick(cost)])
    const measured = contestants.filter(({ name }) => !absent.has(name))
    return {
      markdown: [
        `${connections} viewers tunnelled at a time that say nothing: growth of the proxy's resident memory for each, and descriptors it has more than before two seconds after they left.`,
        '',
        ...table(['way', 'KB a viewer', 'descriptors left'], measured.map(({ name }) => [name, cell(column(name, ({ kilobytes }) => kilobytes), 1), cell(column(name, ({ left }) => left), 0)])),
        ...[...absent].flatMap(([name, why]) => [`${name} is not measured: ${why}`, ''])
      ],
      targets: absent.has(slipway)
        ? [notMeasured(what, '≤ 20 KB', absent.get(slipway) ?? '')]
        : [judge(`${what} (${connections} at a time)`, { most: 20 }, ' KB', column(slipway, ({ kilobytes }) => kilobytes), 1), judge(`descriptors left after ${connections}`, { most: 0 }, '', column(slipway, ({ left }) => left), 0)]
    }
  } finally {
    await target.stop()
  }
}

const settled = () => new Promise(resolve => { setTimeout(resolve, 2_000) })

async function cost ({ programs }: Scale, way: Proxy, connections: number): Promise<Cost> {
  const { pid } = way
  if (pid === null) throw new Error('there is no process')
  // The first few make code and tables that all others share.
  await whileHanging(programs, way, { idle: 50 }, async () => {})
  await settled()
  const before = { memory: resident(pid), descriptors: descriptors(pid) }
  const kilobytes = await whileHanging(programs, way, { idle: connections }, async () => {
    await settled()
    return (resident(pid) - before.memory) / 1024 / connections
  })
  await settled()
  return { kilobytes, left: descriptors(pid) - before.descriptors }
}
