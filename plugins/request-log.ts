import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { withoutToken } from '../src/front/way.ts'
import { withoutSecrets, type AnsweredRequest } from '../src/logs/combined.ts'
import { isWritten } from '../src/logs/levels.ts'

/** One line for every request that was answered, but for those the filter names. Decorates nothing. */
export interface RequestLogOptions {
  level: 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /** Tried on `<method> <address>`, its query included. */
  filter: RegExp | null
}

const requestLog: FastifyPluginAsync<RequestLogOptions> = async (app, { level, filter }) => {
  if (level === 'silent') return
  app.addHook('onResponse', async (request, reply) => {
    if (!isWritten(level, request.log.level)) return
    const { method, url, headers, raw } = request
    if (filter?.test(`${method} ${url}`) === true) return
    // The line itself has no query: there may be a token in it.
    const path = withoutToken(url.split('?', 1)[0] ?? '')
    const { statusCode: status } = reply
    const answered: AnsweredRequest = { method, path, version: raw.httpVersion, status, referer: headers.referer && withoutToken(withoutSecrets(headers.referer)), agent: headers['user-agent'] }
    const bytes = Number(reply.getHeader('content-length') ?? 0)
    request.log[level]({ ip: request.ip, bytes, milliseconds: Math.round(reply.elapsedTime), answered }, `${method} ${path} ${status}`)
  })
}

export default fp(requestLog, { name: 'request-log' })
