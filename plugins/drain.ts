import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { mayAdminister, type Administration } from '../src/access/administrator.ts'
import type { Clock } from '../src/clock.ts'
import { Drain, type DrainProgress } from '../src/spawning/drain.ts'

/**
 * `POST /api/drain` lets the service run empty, `GET` says how far it is, `DELETE` calls it off. Beginning and calling off are for those who may stop the service. Encapsulated: bodies are not read.
 */
export interface DrainOptions extends Administration {
  /** Seconds that sessions have to finish, where the request does not say. */
  drainTimeout: number
  clock: Clock
}

const longest = 604_800

const drain: FastifyPluginAsync<DrainOptions> = async (app, { drainTimeout, clock, ...administration }) => {
  const draining = new Drain(app.spawner, clock)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume()
    done(null)
  })
  const guard = async (request: FastifyRequest, reply: FastifyReply) => {
    if (!mayAdminister(request, administration)) await reply.code(403).send({ status: 'failed', reason: 'This is for programs on this machine, or with the key of SLIPWAY_ADMIN_KEY' })
  }

  app.get('/api/drain', async () => told(draining.progress))

  app.post<{ Querystring: Record<string, unknown> }>('/api/drain', { onRequest: guard }, async ({ query, ip, log }, reply) => {
    const { timeout = String(drainTimeout) } = query
    const seconds = typeof timeout === 'string' && /^\d{1,6}(\.\d{1,3})?$/.test(timeout) ? Number(timeout) : NaN
    if (!(seconds <= longest)) return await reply.code(400).send({ status: 'failed', reason: `timeout: expected seconds from 0 to ${longest}` })
    const progress = draining.begin(seconds * 1_000)
    log.warn({ ip, sessions: progress.left, timeout: seconds }, `draining over REST: nothing more is given out, and ${progress.left} sessions have ${seconds} s to finish`)
    return told(progress)
  })

  app.delete('/api/drain', { onRequest: guard }, async ({ ip, log }, reply) => {
    if (!draining.cancel()) return await reply.code(409).send({ status: 'failed', reason: app.spawner.draining ? 'The service is being stopped' : 'The service is not draining' })
    log.warn({ ip }, 'the drain is called off: sessions are given out again')
    return told(draining.progress)
  })

  app.addHook('onClose', async () => { draining.close() })
}

const told = ({ draining, since, deadline, atStart, left }: DrainProgress) => ({ draining, since: iso(since), deadline: iso(deadline), sessionsAtStart: atStart, sessionsLeft: left })
const iso = (time: number | null) => time === null ? null : new Date(time).toISOString()

export default drain
