import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import fastify, { LogController, type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { withoutPrefix } from '../src/front/endpoint.ts'
import type { Certificate } from '../src/tls/certificate.ts'

/**
 * The official server's second listener: the static folders and, where wished, viewers on any path, served by the same function as on the
 * main port. Decorates nothing. `onReady` binds it, `onListen` lets viewers in (stream servers report to the main listener), `onClose` ends it.
 */
export interface FileServerOptions {
  host: string
  port: number
  /** Whether viewers may connect here. */
  proxy: boolean
  /** What it presents at first; null: it speaks no TLS. */
  certificate: Certificate | null
  /** Registers what it serves, and the rules of whom it answers. */
  furnish: (listener: FastifyInstance) => Promise<void>
}

const fileServer: FastifyPluginAsync<FileServerOptions> = async (app, { host, port, proxy, certificate, furnish }) => {
  const { front } = app
  const listener: FastifyInstance = fastify({ https: certificate?.options ?? null, loggerInstance: app.log.child({ listener: 'files' }), logController: new LogController({ disableRequestLogging: true }), bodyLimit: 1_024, requestTimeout: 30_000, forceCloseConnections: true, trustProxy: front.trusts, rewriteUrl: ({ url = '' }) => withoutPrefix(url, front.prefix) })
  await furnish(listener)
  app.addHook('onReady', async () => { await listener.listen({ host, port }) })
  if (proxy) {
    app.addHook('onListen', async () => {
      listener.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
        request.url = withoutPrefix(request.url ?? '', front.prefix)
        app.viewerUpgrade(request, socket, head, listener.callerProblem(request))
      })
    })
  }
  app.addHook('onClose', async () => { await listener.close() })
}

export default fp(fileServer, { name: 'file-server', dependencies: ['front', 'websocket-proxy'] })
