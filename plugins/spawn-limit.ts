import rateLimit from '@fastify/rate-limit'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

/**
 * Counts the viewing requests of each address, whichever way they come: REST and WebSocket share one count, and children's reports
 * are never counted. Decorates `spawnLimit`.
 */
export interface SpawnLimitOptions {
  /** Requests one address may make in a minute; 0: no limit. */
  perMinute: number
}

/** Whether one more request of this address is allowed; if not, whole seconds until it is. */
export type SpawnLimit = (ip: string) => Promise<{ allowed: true } | { allowed: false, retryAfter: number }>

declare module 'fastify' {
  interface FastifyInstance { spawnLimit: SpawnLimit }
}

const spawnLimit: FastifyPluginAsync<SpawnLimitOptions> = async (app, { perMinute }) => {
  await app.register(rateLimit, { global: false })
  const limiter = app.createRateLimit({ max: Math.max(1, perMinute), timeWindow: 60_000, keyGenerator: request => request.ip })
  app.decorate('spawnLimit', async ip => {
    if (perMinute === 0) return { allowed: true }
    // An upgrade never becomes a Fastify request; of one, the limiter reads the address and the (absent) group of its route.
    const answer = await limiter({ ip, routeOptions: { config: {} } } as FastifyRequest)
    return answer.isAllowed || !answer.isExceeded ? { allowed: true } : { allowed: false, retryAfter: Math.max(1, answer.ttlInSeconds) }
  })
}

export default fp(spawnLimit, { name: 'spawn-limit' })
