import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { mayAdminister, type Administration } from '../src/access/administrator.ts'
import { sessionRecord, sessionRecordSchema } from '../src/sessions/session-record.ts'

/**
 * What the service knows of one session, and whether it can take another: `GET` and `DELETE /api/spawns/:id`, and the probe `/readyz`.
 */
const params = Type.Object({ id: Type.String({ maxLength: 64 }) })
const detailSchema = Type.Intersect([sessionRecordSchema, Type.Object({ output: Type.Union([Type.String(), Type.Null()]) })])
const forbidden = Object.assign(new Error('Sessions are stopped from this machine, or with the key of SLIPWAY_ADMIN_KEY'), { statusCode: 403, code: 'FORBIDDEN', name: 'Forbidden' })
const unknown = (id: string) => Object.assign(new Error(`There is no session ${id}`), { statusCode: 404, code: 'UNKNOWN_SESSION', name: 'Not Found' })

const sessionsApi: FastifyPluginAsyncTypebox<Administration> = async (app, administration) => {
  const { spawner } = app
  const mayStop = (request: FastifyRequest) => mayAdminister(request, administration, 'programs and pages')
  // Nothing here reads a body; some HTTP libraries announce one with every DELETE.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume()
    done(null)
  })

  app.get('/api/spawns/:id', { schema: { params, response: { 200: detailSchema } } }, async request => {
    const { id } = request.params
    const session = spawner.session(id)
    if (session === undefined) throw unknown(id)
    return { ...sessionRecord(session), output: mayStop(request) ? session.exit?.outputTail ?? null : null }
  })

  app.delete('/api/spawns/:id', { schema: { params, response: { 200: sessionRecordSchema } } }, async request => {
    const { id } = request.params
    if (!mayStop(request)) throw forbidden
    const session = await spawner.stop(id, 'admin')
    if (session === undefined) throw unknown(id)
    return sessionRecord(session)
  })

  app.get('/readyz', { logLevel: 'warn' }, async (_request, reply) => {
    const { unready } = spawner
    if (unready === null) return { ready: true }
    return await reply.code(503).send({ ready: false, reason: unready })
  })
}

export default sessionsApi
