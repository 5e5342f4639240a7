import { floor, handedOver, processesOf, slipway, startPeer, startSlipway, startTarget, type Proxy } from './proxies.ts'
import { causes, cell, interleave, judge, notMeasured, table, type Scale, type Section } from './part.ts'
import { descriptors, resident } from './proc.ts'
import { whileHanging } from './viewers.ts'

interface Cost { kilobytes: number, carrier: number, left: number }

/** What a tunnelled viewer costs that says nothing, and whether its descriptors come back. */
export async function memory (scale: Scale): Promise<Section> {
  const { programs, quick } = scale
  const connections = quick ? 1_000 : 3_000
  const what = 'idle tunnelled connection'
  if (programs.native === undefined) return { markdown: ['Not measured: there is no C compiler.', ''], targets: [notMeasured(what, '≤ 20 KB', 'no C compiler')] }
  const target = await startTarget(programs)
  try {
    const contestants = [slipway, handedOver, 'http-proxy-3', ...quick ? [] : [floor, 'httpxy', 'configurable-http-proxy', '@fastify/http-proxy', 'nginx as shipped', 'nginx, 64 KB buffers', 'HAProxy']].map(name => ({ name }))
    const absent = new Map<string, string>()
    // A process of its own for every round: memory that was used once is not given back.
    const values = await interleave(scale, contestants, async ({ name }): Promise<Cost | undefined> => {
      if (absent.has(name)) return undefined
      let way: Proxy | undefined
      try {
        way = name === slipway || name === handedOver ? await startSlipway(programs, name) : await startPeer(name, programs, target.port)
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
        `${connections} viewers tunnelled at a time that say nothing: growth of the proxy's resident memory for each, and descriptors it has more than before two seconds after they left. The carrier is counted apart.`,
        '',
        ...table(['way', 'KB a viewer', 'in the carrier', 'descriptors left'], measured.map(({ name }) => [name, cell(column(name, ({ kilobytes }) => kilobytes), 1), name === handedOver ? cell(column(name, ({ carrier }) => carrier), 1) : '–', cell(column(name, ({ left }) => left), 0)])),
        ...[...absent].flatMap(([name, why]) => [`${name} is not measured: ${why}`, ''])
      ],
      targets: ([[slipway, what, 20], [handedOver, 'idle connection handed over', 6]] as const).flatMap(([name, words, most]) => {
        const why = absent.get(name)
        if (why !== undefined) return [notMeasured(words, `≤ ${most} KB`, why)]
        return [
          judge(`${words} (${connections} at a time)`, { most }, ' KB', column(name, ({ kilobytes }) => kilobytes), 1, causes),
          judge(`${name}: descriptors left after ${connections}`, { most: 0 }, '', column(name, ({ left }) => left), 0)
        ]
      })
    }
  } finally {
    await target.stop()
  }
}

const settled = () => new Promise(resolve => { setTimeout(resolve, 2_000) })

async function cost ({ programs }: Scale, way: Proxy, connections: number): Promise<Cost> {
  const { pid, carrier } = way
  if (pid === null) throw new Error('there is no process')
  // The first few make code and tables that all others share.
  await whileHanging(programs, way, { idle: 50 }, async () => {})
  await settled()
  const has = () => ({ memory: resident(pid), carrier: carrier === undefined ? 0 : resident(carrier), descriptors: processesOf(way).reduce((sum, one) => sum + descriptors(one), 0) })
  const before = has()
  const grown = await whileHanging(programs, way, { idle: connections }, async () => {
    await settled()
    return has()
  })
  await settled()
  const each = (bytes: number) => bytes / 1024 / connections
  return { kilobytes: each(grown.memory - before.memory), carrier: each(grown.carrier - before.carrier), left: has().descriptors - before.descriptors }
}
