import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { isShown, officialState, officialStates } from '../src/compat/official-states.ts'
import type { Clock } from '../src/clock.ts'
import { sessionRecord, sessionRecordSchema } from '../src/sessions/session-record.ts'

/**
 * What the service knows, and what it can take. The official pages `GET /api/status`, `/api/spawns`, `/api/help` (contract, sections 1.5 to
 * 1.7), our own `GET` and `DELETE /api/spawns/:id`, and the probes `/healthz` (alive) and `/readyz` (can take a session).
 */
export interface SessionsApiOptions {
  clock: Clock
  /** Seconds. */
  pingInterval: number
  /** Seconds. */
  firstConnectTimeout: number
}

const params = Type.Object({ id: Type.String({ maxLength: 64 }) })
const detailSchema = Type.Intersect([sessionRecordSchema, Type.Object({ output: Type.Union([Type.String(), Type.Null()]) })])
const unknown = (id: string) => Object.assign(new Error(`There is no session ${id}`), { statusCode: 404, code: 'UNKNOWN_SESSION', name: 'Not Found' })

const sessionsApi: FastifyPluginAsyncTypebox<SessionsApiOptions> = async (app, { clock, pingInterval, firstConnectTimeout }) => {
  const { spawner, portPool } = app
  const timestamp = () => new Date(clock.now()).toISOString()
  // Nothing here reads a body; some HTTP libraries announce one with every DELETE.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume()
    done(null)
  })

  app.get('/api/status', async () => {
    const counts = Object.fromEntries(officialStates.map(state => [state, 0]))
    for (const session of spawner.sessions().filter(isShown)) counts[officialState(session)]! += 1
    const { leased } = portPool.counts()
    return {
      timestamp: timestamp(),
      status: 'ok',
      config: {
        spawnMaxSpawnCount: spawner.maxSessions,
        csrEnabled: spawner.renderers.includes('csr'),
        ssrEnabled: spawner.renderers.includes('ssr'),
        spawnLivelinessReportIntervalTime: pingInterval,
        spawnInitialUseDuration: firstConnectTimeout
      },
      memory: Object.fromEntries(Object.entries(process.memoryUsage()).map(([key, bytes]) => [key, `${(bytes / 1e6).toFixed(3)} MB`])),
      usedSpawnPorts: leased,
      availableSpawnPorts: portPool.size - leased,
      ...counts
    }
  })

  app.get('/api/spawns', async () => ({
    timestamp: timestamp(),
    spawns: spawner.sessions().filter(isShown).map(session => ({
      id: session.id,
      state: officialState(session),
      spawnTime: new Date(session.createdAt).toISOString(),
      lastUpdateTime: new Date(session.lastReportAt ?? session.createdAt).toISOString()
    }))
  }))

  app.get('/api/help', async request => ({
    status: 'ok',
    'rest-commands': Object.fromEntries(commands.map(([name, method, endpoint, description]) => [name, {
      'description:': description,
      endpoint,
      'http-command': method,
      curl: `curl${method === 'GET' ? '' : ` -X ${method}`} http://${request.host}/${endpoint}`
    }]))
  }))

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

const commands = [
  ['help', 'GET', 'api/help', 'Lists the commands'],
  ['status', 'GET', 'api/status', 'Shows how the server is'],
  ['spawns', 'GET', 'api/spawns', 'Lists the stream servers'],
  ['spawn', 'POST', 'api/spawn', 'Starts a stream server and answers when it is ready'],
  ['stop', 'DELETE', 'api/spawns/<id>', 'Stops a stream server']
] as const

export default sessionsApi
