import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Clock } from '../src/clock.ts'
import { WedgeWatch } from '../src/spawning/wedge-watch.ts'

/**
 * `/healthz`: whether the service is alive, which it is too when it is busy, and not when it is wedged. Watches for that from `onListen` to `onClose`, and says it in the log with all that is known. Decorates `wedgedSince`.
 */
export interface HealthOptions { clock: Clock }

declare module 'fastify' {
  interface FastifyInstance {
    /** Since when the service has been wedged, in milliseconds since the epoch; null: it is not. */
    wedgedSince: () => number | null
  }
}

/** Milliseconds for which it is told that the whole service stood still. */
const fresh = 60_000

const health: FastifyPluginAsync<HealthOptions> = async (app, { clock }) => {
  const { spawner } = app
  let watch: WedgeWatch | undefined
  app.decorate('wedgedSince', () => watch?.since ?? null)

  app.get('/healthz', { logLevel: 'warn' }, async (_request, reply) => {
    const since = app.wedgedSince()
    if (since !== null) return await reply.code(503).send({ status: 'wedged', since: iso(since), ...spawner.diagnosis() })
    const { unready } = spawner
    const stall = app.lastStall()
    return {
      status: 'alive',
      ...unready === null ? {} : { busy: unready },
      ...stall === null || clock.now() - stall.at > fresh ? {} : { lastStall: { at: iso(stall.at), seconds: Math.round(stall.milliseconds) / 1_000 } }
    }
  })

  app.addHook('onListen', async () => {
    watch = new WedgeWatch(spawner, {
      clock,
      alarm: diagnosis => { app.log.error({ ...diagnosis }, 'wedged: requests wait although something could be started; the line is called once more') },
      recovered: milliseconds => { app.log.warn(`no longer wedged, after ${Math.round(milliseconds / 1_000)} s`) }
    })
  })
  app.addHook('onClose', async () => { watch?.close() })
}

const iso = (time: number) => new Date(time).toISOString()

export default fp(health, { name: 'health', dependencies: ['spawner', 'load-gate'] })
