import type { FastifyPluginAsync } from 'fastify'
import { isFromThisMachine } from '../src/access/this-machine.ts'
import { endingHeader, endingWords } from '../src/status/ending-header.ts'
import { parseReport } from '../src/status/report.ts'

/**
 * Takes the stream servers' reports: `POST /api/spawns/<id>?liveliness=ready|ping|disconnect`, with one or two slashes before the id and
 * any empty body; registered under the path that the reports are sent to. Encapsulated: its parser ignores bodies of whatever type, its log is quiet, and it is never rate-limited. Only
 * this machine is heard, since stream servers run on it. The answer is empty; a header tells a stream server that knows it when its viewer's time is about to end.
 */
export interface StatusOptions {
  /** Milliseconds before a limit ends the session of a viewer that is there, from which on its stream server is told with every answer; absent: it is not. */
  warnBefore?: number
}

const status: FastifyPluginAsync<StatusOptions> = async (app, { warnBefore = 0 }) => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume()
    payload.once('end', () => { done(null) })
    payload.once('error', done)
  })
  // Reports are most of all requests: a logger of its own for each would cost more than the report.
  const log = app.log.child({}, { level: 'warn' })
  app.setChildLoggerFactory(() => log)
  app.options('/:id', async (_request, reply) => await reply.header('allow', 'POST').send('POST'))
  app.post<{ Params: { id: string }, Querystring: Record<string, unknown> }>('/:id', async (request, reply) => {
    const { id } = request.params
    if (!isFromThisMachine(request)) {
      if (app.spawner.session(id)?.state === 'starting') request.log.warn({ ip: request.ip, spawnId: id }, 'a stream server’s report was refused, since it came through a proxy or from another address; SLIPWAY_INTERNAL_HOST names the host that stream servers report to')
      return await reply.code(403).send({ result: 'error', reason: 'Reports are taken from this machine only' })
    }
    const parsed = parseReport(request.query)
    if (parsed.status === 'invalid') return await reply.code(400).send({ result: 'error', reason: parsed.problem })
    const taken = app.spawner.report(id, parsed.report)
    if (taken === 'unknown') return await reply.code(404).send({ result: 'error', reason: "Reported spawn doesn't exist" })
    const ending = app.spawner.ending(id, warnBefore)
    if (ending !== null) void reply.header(endingHeader, endingWords(ending))
    return await reply.send()
  })
}

export default status
