import { Server } from 'node:http'
import { Server as SecureServer } from 'node:https'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Clock } from '../src/clock.ts'
import { furtherServers } from '../src/front/further-servers.ts'

/**
 * Node has one limit for the time in which requests have to arrive, and where uploads are taken it is as long as an upload may take. All others
 * get the usual time here: one whose head or body has not come by then is ended as Node ends it, with 408. A route that may take longer says so by `config.slowArrival`. Decorates nothing.
 */
export interface ArrivalTimeOptions {
  /** Milliseconds for the head of a request, and from there to the end of its body. */
  usual: number
  clock: Clock
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body may take as long to arrive as the server allows at all. */
    slowArrival?: boolean
  }
}

const arrivalTime: FastifyPluginAsync<ArrivalTimeOptions> = async (app, { usual, clock }) => {
  const hurry = (server: unknown) => { if (server instanceof Server || server instanceof SecureServer) server.headersTimeout = usual }
  hurry(app.server)
  app.addHook('onListen', async () => { furtherServers(app).forEach(hurry) })
  app.addHook('onRequest', async ({ raw, routeOptions }) => {
    const hasBody = raw.headers['transfer-encoding'] !== undefined || Number(raw.headers['content-length'] ?? 0) > 0
    if (!hasBody || routeOptions.config.slowArrival === true) return
    const cancel = clock.after(usual, () => {
      if (!raw.complete) app.server.emit('clientError', Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), raw.socket)
    })
    raw.once('close', cancel)
  })
}

export default fp(arrivalTime, { name: 'arrival-time' })
