import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Clock } from '../src/clock.ts'
import { withoutToken } from '../src/front/way.ts'
import { combined, withoutSecrets, type AnsweredRequest } from '../src/logs/combined.ts'
import { isWritten } from '../src/logs/levels.ts'

/** One line for every request that was answered, but for those the filter names. Decorates nothing. */
export interface RequestLogOptions {
  level: 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /** Tried on `<method> <address>`, and on the line in Apache's combined format, with the query in both. */
  filter: RegExp | null
  clock: Clock
}

const requestLog: FastifyPluginAsync<RequestLogOptions> = async (app, { level, filter, clock }) => {
  if (level === 'silent') return
  app.addHook('onResponse', async (request, reply) => {
    if (!isWritten(level, request.log.level)) return
    const { method, url, headers, raw } = request
    if (filter?.test(`${method} ${url}`) === true) return
    const { statusCode: status } = reply
    const bytes = Number(reply.getHeader('content-length') ?? 0)
    const asked = { method, version: raw.httpVersion, status, agent: headers['user-agent'] }
    if (filter?.test(combined({ ...asked, path: url, referer: headers.referer }, request.ip, clock.now(), bytes)) === true) return
    // The line itself has no query: there may be a token in it.
    const path = withoutToken(url.split('?', 1)[0] ?? '')
    const answered: AnsweredRequest = { ...asked, path, referer: headers.referer && withoutToken(withoutSecrets(headers.referer)) }
    request.log[level]({ ip: request.ip, bytes, milliseconds: Math.round(reply.elapsedTime), answered }, `${method} ${path} ${status}`)
  })
}

export default fp(requestLog, { name: 'request-log' })
