import { descriptors, resident } from '../../bench/proc.ts'
import { asking } from '../e2e/support/requests.ts'
import { comesTrue } from '../fixtures/slipway.ts'
import type { Asked, Callers } from './callers.ts'
import { Metrics } from './metrics.ts'

const MiB = 1_048_576

/** Bytes that come and go: of the service's heap once its garbage is collected, and of a process in RAM, where code is compiled and buffers grow. */
export const slack = { heap: 4 * MiB, resident: 24 * MiB }

/** What a service and its launcher take of the machine at one moment. */
export interface Footprint {
  /** Bytes that the service's heap holds after its garbage was collected. */
  heap: number
  processes: Array<{ what: string, memory: number, descriptors: number }>
}

/** Whose footprint is taken: a service that was started with `--expose-gc`. */
export interface Weighed { url: string, pid: number, launcher: () => number }

/** Taken when everything is quiet. */
export async function footprintOf (service: Weighed): Promise<Footprint> {
  const { status, body } = await asking(`${service.url}/api/gc`, { method: 'POST' })
  const { heapUsed = '' } = (body['postGcMemory'] ?? {}) as Record<string, string>
  const heap = Number.parseFloat(heapUsed) * 1e6
  if (status !== 200 || Number.isNaN(heap)) throw new Error(`no garbage was collected: ${status} ${JSON.stringify(body)}`)
  const launcher = service.launcher()
  const processes = [['the service', service.pid] as const, ...Number.isNaN(launcher) ? [] : [['the launcher', launcher] as const]]
  return { heap, processes: processes.map(([what, pid]) => ({ what, memory: resident(pid), descriptors: descriptors(pid) })) }
}

/** What has grown by more than comes and goes, in words; first it is waited, for 15 s at most, until connections that nobody uses any more are closed. */
export async function swollen (service: Weighed, before: Footprint): Promise<string[]> {
  let words: string[] = []
  await comesTrue('it is as before', async () => {
    words = grown(before, await footprintOf(service))
    return words.length === 0
  }, 15_000).catch(() => {})
  return words
}

export function grown (before: Footprint, after: Footprint): string[] {
  const heap = after.heap - before.heap
  return [
    ...heap <= slack.heap ? [] : [`the heap of the service has grown by ${(heap / MiB).toFixed(1)} MiB`],
    ...after.processes.flatMap(({ what, memory, descriptors }) => {
      const then = before.processes.find(each => each.what === what)
      if (then === undefined) return []
      const more = memory - then.memory
      return [
        ...descriptors <= then.descriptors ? [] : [`${what} has ${descriptors} descriptors, and had ${then.descriptors}`],
        ...more <= slack.resident ? [] : [`${what} has grown by ${(more / MiB).toFixed(1)} MiB`]
      ]
    })
  ]
}

/** What Node needs so that a footprint can be taken. */
export const nodeArgs = ['--expose-gc']

/** The footprint of a service that some have visited, so that what is done once is done. */
export async function warmedUp (service: Weighed & Asked, callers: Callers, visits = 12): Promise<Footprint> {
  await callers.come(service, { visits, abreast: 6 })
  await comesTrue('everybody who visited is gone', async () => {
    const metrics = await Metrics.of(service.url)
    return metrics.sum('ports', 'state="leased"') + metrics.sum('tunnel_connections') === 0
  })
  return await footprintOf(service)
}
