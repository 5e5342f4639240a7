import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { sessionRecord, sessionRecordSchema } from '../src/sessions/session-record.ts'

/**
 * What the service knows of one session, and what it can take: `GET` and `DELETE /api/spawns/:id`, and the probes `/healthz` (alive) and
 * `/readyz` (can take a session).
 */
const params = Type.Object({ id: Type.String({ maxLength: 64 }) })
const detailSchema = Type.Intersect([sessionRecordSchema, Type.Object({ output: Type.Union([Type.String(), Type.Null()]) })])
const unknown = (id: string) => Object.assign(new Error(`There is no session ${id}`), { statusCode: 404, code: 'UNKNOWN_SESSION', name: 'Not Found' })

const sessionsApi: FastifyPluginAsyncTypebox = async app => {
  const { spawner } = app
  // Nothing here reads a body; some HTTP libraries announce one with every DELETE.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume()
    done(null)
  })

  app.get('/api/spawns/:id', { schema: { params, response: { 200: detailSchema } } }, async ({ params: { id } }) => {
    const session = spawner.session(id)
    if (session === undefined) throw unknown(id)
    return { ...sessionRecord(session), output: session.exit?.outputTail ?? null }
  })

  app.delete('/api/spawns/:id', { schema: { params, response: { 200: sessionRecordSchema } } }, async ({ params: { id } }) => {
    const session = await spawner.stop(id, 'admin')
    if (session === undefined) throw unknown(id)
    return sessionRecord(session)
  })

  app.get('/healthz', { logLevel: 'warn' }, async () => ({ status: 'alive' }))

  app.get('/readyz', { logLevel: 'warn' }, async (_request, reply) => {
    if (spawner.hasRoom) return { ready: true }
    return await reply.code(503).send({ ready: false, reason: spawner.draining ? 'draining' : 'full' })
  })
}

export default sessionsApi
