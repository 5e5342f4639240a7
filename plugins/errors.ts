import type { FastifyError, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

/**
 * One shape for every error: `{result:"error", reason}` as officially, and `{statusCode, code, error, message}` for programs that want to
 * know more. What went wrong inside is logged, not told.
 * Decorates nothing.
 */
const errors: FastifyPluginAsync = async app => {
  // Whatever was thrown: it need not be an error, nor its status code one.
  app.setErrorHandler((error: Partial<FastifyError>, request, reply) => {
    const { statusCode: given = 500 } = error
    const statusCode = given >= 400 && given < 600 ? given : 500
    if (statusCode >= 500) request.log.error({ err: error }, 'request failed')
    const message = statusCode >= 500 ? 'Something went wrong here; the log says what.' : error.message ?? ''
    return reply.code(statusCode).send({ result: 'error', reason: message, statusCode, code: error.code ?? 'INTERNAL', error: error.name ?? 'Error', message })
  })
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ result: 'error', reason: 'Not Found', statusCode: 404, code: 'NOT_FOUND', error: 'Not Found', message: `There is no ${request.method} ${request.url.split('?')[0]}` }))
}

export default fp(errors, { name: 'errors' })
