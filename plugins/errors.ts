import type { FastifyError, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

/**
 * One shape for every error of our own API: `{statusCode, code, error, message}`. What went wrong inside is logged, not told.
 * Decorates nothing.
 */
const errors: FastifyPluginAsync = async app => {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const statusCode = error.statusCode ?? 500
    if (statusCode >= 500) request.log.error({ err: error }, 'request failed')
    return reply.code(statusCode).send({
      statusCode,
      code: error.code ?? 'INTERNAL',
      error: error.name,
      message: statusCode >= 500 ? 'Something went wrong here; the log says what.' : error.message
    })
  })
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ statusCode: 404, code: 'NOT_FOUND', error: 'Not Found', message: `There is no ${request.method} ${request.url.split('?')[0]}` }))
}

export default fp(errors, { name: 'errors' })
