import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Clock } from '../src/clock.ts'

/** Collects the garbage of the service again and again, from `onReady` to `onClose`; where Node does not let it, it says so once. Decorates nothing. */
export interface GarbageCollectionOptions {
  /** Seconds, above 0. */
  interval: number
  /** Collects garbage now; not there unless Node was started with --expose-gc. */
  collectGarbage: (() => void) | undefined
  clock: Clock
}

const garbageCollection: FastifyPluginAsync<GarbageCollectionOptions> = async (app, { interval, collectGarbage, clock }) => {
  let cancel = () => {}
  const next = (collect: () => void) => {
    cancel = clock.after(interval * 1_000, () => {
      collect()
      next(collect)
    })
  }
  app.addHook('onReady', async () => {
    if (collectGarbage === undefined) app.log.info('SLIPWAY_GC_INTERVAL: garbage is collected when Node finds it necessary; at set times only where Node is started with --expose-gc')
    else next(collectGarbage)
  })
  app.addHook('onClose', async () => { cancel() })
}

export default fp(garbageCollection, { name: 'garbage-collection' })
