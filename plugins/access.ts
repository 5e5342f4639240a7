import type { IncomingMessage } from 'node:http'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { callerProblem, type Access, type CallerProblem } from '../src/access/callers.ts'

/**
 * Turns away pages that have no business here, before anything else looks at their request; reading alone is left to the browser's own
 * rules. Pages that may ask are told so on every answer (contract, section 1.10). Decorates `callerProblem` and `corsHeaders`, for what passes no hook.
 */
declare module 'fastify' {
  interface FastifyInstance {
    callerProblem: (request: Pick<IncomingMessage, 'headers' | 'socket'>) => CallerProblem | null
    /** What tells pages that they may ask; empty: they may not. */
    corsHeaders: Readonly<Record<string, string>>
  }
}

/** The odd list is officially so: the official client library sends those names as request headers. */
const whatTheyMaySend = {
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers': 'Content-Type, Access-Control-Allow-Origin, Access-Control-Allow-Methods, Access-Control-Allow-Headers'
}

const access: FastifyPluginAsync<Access> = async (app, options) => {
  const corsOrigin = options.open ? '*' : options.corsOrigin
  const problemOf = (request: Pick<IncomingMessage, 'headers' | 'socket'>, origin: string | undefined) => {
    const { host, secure } = app.front.callerOf(request)
    return callerProblem({ host: request.headers.host, origin, knownAs: host, secure: secure || options.secure }, options)
  }
  const corsHeaders = corsOrigin === '' ? {} : { 'access-control-allow-origin': corsOrigin, ...whatTheyMaySend }
  app.decorate('corsHeaders', corsHeaders)
  app.decorate('callerProblem', request => problemOf(request, request.headers.origin))
  app.addHook('onRequest', async ({ method, headers, raw }, reply) => {
    void reply.headers(corsHeaders)
    // An upgrade is a GET too, but browsers let any page open a WebSocket to anywhere and read from it.
    const reads = (method === 'GET' || method === 'HEAD') && headers.upgrade === undefined
    const problem = problemOf(raw, reads ? undefined : headers.origin)
    if (problem === null) return
    const { httpStatus, code, message } = problem
    await reply.code(httpStatus).send({ result: 'error', reason: message, statusCode: httpStatus, code: code.toUpperCase(), error: 'Refused', message })
  })
}

export default fp(access, { name: 'access', dependencies: ['front'] })
