import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Clock } from '../src/clock.ts'
import { Retention, type RetentionLimits } from '../src/logs/retention.ts'

/** Keeps the log folder within its limits: `onReady` sweeps it, and so does every session's end; `onClose` waits for the last sweep. Decorates nothing. */
export interface LogRetentionOptions {
  /** Absolute. */
  dir: string
  limits: RetentionLimits
  /** Name of the service's own log, which stays; null: it has none. */
  ownLog: string | null
  clock: Clock
}

const logRetention: FastifyPluginAsync<LogRetentionOptions> = async (app, { dir, limits, ownLog, clock }) => {
  const { spawner } = app
  const living = (name: string) => (ownLog !== null && name.startsWith(ownLog)) ||
    // One that was given up for lost may still write.
    spawner.sessions().some(({ id, endedAt, state, exit }) => (endedAt === null || (state === 'lost' && exit === null)) && name.includes(id))
  const retention = new Retention({ dir, limits, living, clock })
  spawner.on('session', ({ endedAt }) => { if (endedAt !== null) void retention.sweep() })
  app.addHook('onReady', async () => { await retention.sweep() })
  app.addHook('onClose', async () => { await retention.sweep() })
}

export default fp(logRetention, { name: 'log-retention', dependencies: ['spawner'] })
