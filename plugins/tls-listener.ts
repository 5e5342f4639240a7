import { Server } from 'node:tls'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Certificate } from '../src/tls/certificate.ts'

/** Keeps what a listener presents up to date, on every address it is bound to. Decorates nothing. */
export interface TlsListenerOptions { certificate: Certificate }

const tlsListener: FastifyPluginAsync<TlsListenerOptions> = async (app, { certificate }) => {
  const serve = (server: unknown) => { if (server instanceof Server) certificate.serve(server) }
  serve(app.server)
  app.addHook('onListen', async () => { furtherServers(app).forEach(serve) })
}

/** Fastify binds each further address of `localhost` with a server of its own, to which only a symbol leads. */
function furtherServers (app: FastifyInstance): unknown[] {
  const key = Object.getOwnPropertySymbols(app).find(({ description }) => description === 'fastify.serverBindings')
  const servers: unknown = key === undefined ? [] : Reflect.get(app, key)
  return Array.isArray(servers) ? servers : []
}

export default fp(tlsListener, { name: 'tls-listener' })
