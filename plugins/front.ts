import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Front } from '../src/front/front.ts'

/**
 * How the service is seen from outside, for the plugins that ask or tell. Decorates `front`. Where the service is known below a path, that
 * path alone leads to the page: its addresses are relative and need the slash.
 */
export interface FrontPluginOptions { front: Front }

declare module 'fastify' {
  interface FastifyInstance { front: Front }
}

const frontPlugin: FastifyPluginAsync<FrontPluginOptions> = async (app, { front }) => {
  app.decorate('front', front)
  if (front.prefix === '') return
  app.addHook('onRequest', async ({ originalUrl, method }, reply) => {
    if (originalUrl === front.prefix && (method === 'GET' || method === 'HEAD')) await reply.redirect(`${front.prefix}/`, 308)
  })
}

export default fp(frontPlugin, { name: 'front' })
