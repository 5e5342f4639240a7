import dns from 'node:dns'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import tlsListener from '../../plugins/tls-listener.ts'
import { Certificate } from '../../src/tls/certificate.ts'
import { certificates, withoutOpenssl } from '../fixtures/certificates.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

t.test('a new certificate is presented on every address of localhost', withoutOpenssl, async t => {
  // Some machines know localhost by one address only; the second one stands for ::1, which not every machine has.
  const lookup = dns.lookup
  const both = [{ address: '127.0.0.1', family: 4 }, { address: '127.0.0.2', family: 4 }]
  t.intercept(dns, 'lookup', {
    value: (...args: Parameters<typeof lookup>) => {
      const [, options, callback] = args as unknown as [string, { all?: boolean } | undefined, (error: null, found: typeof both) => void]
      if (typeof options === 'object' && options.all === true) process.nextTick(callback, null, both)
      else lookup(...args)
    }
  })
  const { files, fingerprint, issue, replace, ca } = certificates(t)
  const certificate = await Certificate.open(files, new FakeClock())
  const app: FastifyInstance = fastify({ https: certificate.options, forceCloseConnections: true })
  t.teardown(async () => { await app.close() })
  await app.register(tlsListener, { certificate })
  await app.listen({ host: 'localhost', port: 0 })
  const addresses = app.addresses() as AddressInfo[]
  t.same(addresses.map(({ address }) => address).sort(), ['127.0.0.1', '127.0.0.2'])

  const presented = async () => await Promise.all(addresses.map(async ({ address: host, port }) => {
    const socket = connect({ host, port, ca, servername: 'localhost' })
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }))
  t.same(await presented(), [fingerprint, fingerprint])
  const second = issue('second')
  replace('second')
  await certificate.look()
  t.same(await presented(), [second, second])
})
