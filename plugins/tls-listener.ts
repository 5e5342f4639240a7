import { Server } from 'node:tls'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { furtherServers } from '../src/front/further-servers.ts'
import type { Certificate } from '../src/tls/certificate.ts'

/** Keeps what a listener presents up to date, on every address it is bound to. Decorates nothing. */
export interface TlsListenerOptions { certificate: Certificate }

const tlsListener: FastifyPluginAsync<TlsListenerOptions> = async (app, { certificate }) => {
  const serve = (server: unknown) => { if (server instanceof Server) certificate.serve(server) }
  serve(app.server)
  app.addHook('onListen', async () => { furtherServers(app).forEach(serve) })
}

export default fp(tlsListener, { name: 'tls-listener' })
