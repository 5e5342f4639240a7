import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

/** One line for every request that was answered, but for those the filter names. Decorates nothing. */
export interface RequestLogOptions {
  level: 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /** Tried on `<method> <address>`, its query included. */
  filter: RegExp | null
}

const requestLog: FastifyPluginAsync<RequestLogOptions> = async (app, { level, filter }) => {
  if (level === 'silent') return
  app.addHook('onResponse', async (request, reply) => {
    const { method, url } = request
    if (filter?.test(`${method} ${url}`) === true) return
    // The line itself has no query: there may be a token in it.
    request.log[level]({ ip: request.ip, bytes: Number(reply.getHeader('content-length') ?? 0), milliseconds: Math.round(reply.elapsedTime) }, `${method} ${url.split('?')[0]} ${reply.statusCode}`)
  })
}

export default fp(requestLog, { name: 'request-log' })
