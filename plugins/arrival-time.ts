import { Server, type IncomingMessage } from 'node:http'
import { Server as SecureServer } from 'node:https'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Clock } from '../src/clock.ts'
import { furtherServers } from '../src/front/further-servers.ts'

/**
 * Node has one limit for the time in which requests have to arrive, and where uploads are taken it is as long as an upload may take. All others
 * get the usual time here: one whose head or body has not come by then is ended as Node ends it, with 408. A route whose requests may take longer, once they are let in, says so by `config.slowArrival`. Decorates nothing.
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
  /** What ends the time of requests with a body. */
  const arriving = new WeakMap<IncomingMessage, () => void>()
  hurry(app.server)
  app.addHook('onListen', async () => { furtherServers(app).forEach(hurry) })
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    if (hasBody(raw)) {
      const cancel = clock.after(usual, () => {
        if (!raw.complete) app.server.emit('clientError', Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), raw.socket)
      })
      arriving.set(raw, cancel)
      raw.once('close', cancel)
    }
    done()
  })
  // Not before it is let in: whoever is turned away has no more time than others.
  app.addHook('preHandler', (request, _reply, done) => {
    const cancel = arriving.get(request.raw)
    if (cancel !== undefined && request.routeOptions.config.slowArrival === true) cancel()
    done()
  })
}

const hasBody = ({ headers }: IncomingMessage): boolean => headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

export default fp(arrivalTime, { name: 'arrival-time' })
