import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Certificate } from '../src/tls/certificate.ts'

/**
 * Keeps the certificate as its files are, and says what becomes of it. Decorates nothing.
 * `onReady` begins to look at the files, `onClose` ends it.
 */
export interface CertificateOptions { certificate: Certificate }

const certificatePlugin: FastifyPluginAsync<CertificateOptions> = async (app, { certificate }) => {
  certificate.on('replaced', ({ subject, validTo }) => { app.log.info({ subject, validTo }, `the certificate was replaced; the new one is for ${subject}, until ${validTo}`) })
  certificate.on('unusable', problem => { app.log.error(`the certificate has changed and cannot be used, the one before it stays: ${problem}`) })
  app.addHook('onReady', async () => { certificate.watch() })
  app.addHook('onClose', async () => { certificate.close() })
}

export default fp(certificatePlugin, { name: 'certificate' })
