import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { callerProblem, type Access, type CallerProblem } from '../src/access/callers.ts'

/**
 * Turns away pages that have no business here, before anything else looks at their request; reading alone is left to the browser's own
 * rules. Decorates `callerProblem`, for upgrades, which pass no hook.
 */
declare module 'fastify' {
  interface FastifyInstance { callerProblem: (headers: IncomingHttpHeaders) => CallerProblem | null }
}

const access: FastifyPluginAsync<Access> = async (app, options) => {
  app.decorate('callerProblem', headers => callerProblem(headers, options))
  app.addHook('onRequest', async ({ method, headers }, reply) => {
    // An upgrade is a GET too, but browsers let any page open a WebSocket to anywhere and read from it.
    const reads = (method === 'GET' || method === 'HEAD') && headers.upgrade === undefined
    const problem = callerProblem(reads ? { host: headers.host } : headers, options)
    if (problem === null) return
    const { httpStatus, code, message } = problem
    await reply.code(httpStatus).send({ statusCode: httpStatus, code: code.toUpperCase(), error: 'Refused', message, reason: message })
  })
}

export default fp(access, { name: 'access' })
