import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import t, { type Test } from 'tap'
import { certificates, withoutOpenssl } from '../fixtures/certificates.ts'
import { portRange } from '../fixtures/leak-check.ts'
import { comesTrue, runSlipway, startSlipway } from '../fixtures/slipway.ts'
import { TestViewer, camera } from '../stream-server/support/viewer.ts'
import { askEncrypted, presented, readEncrypted } from './support/encrypted.ts'

/** A service with the embedded stream server, everything it has encrypted. */
async function encryptedSlipway (t: Test, more: Record<string, string> = {}) {
  const issued = certificates(t)
  const filePort = await portRange(1)
  const slipway = await startSlipway(t, {
    SLIPWAY_STREAM_SERVER: '',
    SLIPWAY_PUBLIC_HOST: 'localhost',
    SLIPWAY_TLS_SERVER: 'true',
    SLIPWAY_TLS_FILE_SERVER: 'true',
    SLIPWAY_TLS_STREAM_SERVERS: 'true',
    SLIPWAY_TLS_CERTIFICATE_FILE: issued.files.certificateFile,
    SLIPWAY_TLS_KEY_FILE: issued.files.keyFile,
    SLIPWAY_TLS_CA_FILE: issued.authorityFile,
    SLIPWAY_STATIC_DIRS: issued.folder,
    SLIPWAY_FILE_SERVER_PORT: String(filePort),
    ...more
  })
  const { ca } = issued
  const look = async (url: string) => {
    const viewer = await TestViewer.connect(url, undefined, { ca })
    viewer.say({ type: 'open', model: 'drive-unit' })
    const { min, max } = await viewer.scene()
    const size = Math.hypot(...max.map((value, axis) => value - (min[axis] ?? 0)))
    let seq = 0
    const again = async () => {
      viewer.say(camera(++seq, [size, size, size], [0, 0, 0], 50))
      return await viewer.idle(seq)
    }
    await again()
    return { viewer, again }
  }
  const spawn = async () => {
    const { status, body } = await askEncrypted(`${slipway.url}/api/spawn`, ca, 'POST', { class: 'csr_session' })
    if (status !== 200) throw new Error(JSON.stringify(body))
    return body as { serviceId: string, endpoints: { ws: string }, proxyPath: string }
  }
  const sessions = async () => (await askEncrypted(`${slipway.url}/api/spawns`, ca)).body['spawns'] as Array<{ id: string, state: string }>
  return { ...issued, slipway, filePort, look, spawn, sessions }
}

t.test('everything encrypted: REST, reports, viewers on every way, files; each certificate verified', withoutOpenssl, async t => {
  const { slipway, ca, filePort, look, spawn } = await encryptedSlipway(t)
  t.match(slipway.url, /^https:/)
  const opened = await spawn()
  t.match(opened.endpoints.ws, /^wss:\/\/localhost:\d+$/)
  const direct = await look(opened.endpoints.ws)
  const base = `wss://127.0.0.1:${slipway.port}`
  const proxied = await look(base + (await spawn()).proxyPath)
  const started = await look(`${base}/any/path?renderingLocation=csr`)
  const filed = await look(`wss://127.0.0.1:${filePort}/any/path`)
  for (const { viewer } of [direct, proxied, started, filed]) viewer.close()
  const page = await readEncrypted(`https://127.0.0.1:${filePort}/first.pem`, ca)
  t.match(page, /BEGIN CERTIFICATE/)
  t.match((await askEncrypted(`${slipway.url}/api/help`, ca)).body, { 'rest-commands': { status: { curl: /https:/ } } })
})

t.test('a certificate that is replaced while viewers look: new connections get the new one, the open ones live on', withoutOpenssl, async t => {
  const { slipway, ca, filePort, fingerprint, issue, replace, look, sessions } = await encryptedSlipway(t)
  const before = await look(`wss://127.0.0.1:${slipway.port}/`)
  t.equal(await presented(slipway.port, ca), fingerprint)
  const second = issue('second')
  replace('second')
  const early = await look(`wss://127.0.0.1:${slipway.port}/`)
  await comesTrue('the new certificate is presented', async () => await presented(slipway.port, ca) === second)
  t.equal(await presented(filePort, ca), second)
  const after = await look(`wss://127.0.0.1:${slipway.port}/`)
  for (const { again } of [before, early, after]) await again()
  t.equal((await sessions()).length, 3)
  t.ok(slipway.log.some(({ msg }) => msg.startsWith('the certificate was replaced')))
  for (const { viewer } of [before, early, after]) viewer.close()
})

t.test('TLS 1.1 is refused on both ports', withoutOpenssl, async t => {
  const { slipway, ca, filePort } = await encryptedSlipway(t)
  for (const port of [slipway.port, filePort]) {
    const socket = connect({ port, host: '127.0.0.1', ca, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' })
    const [error] = await once(socket, 'error')
    t.match(error, { code: /PROTOCOL_VERSION|ECONNRESET/ })
  }
})

t.test('encryption that cannot work is refused before anything is bound, in words', withoutOpenssl, async t => {
  const { files, path, issue, folder } = certificates(t)
  t.match((await runSlipway(t, { SLIPWAY_TLS_SERVER: 'true' })).stderr, /SLIPWAY_TLS_SERVER and SLIPWAY_TLS_CERTIFICATE_FILE and SLIPWAY_TLS_KEY_FILE: .*private key[^]*SLIPWAY_PUBLIC_HOST: .*host name/)
  const settings = { SLIPWAY_TLS_SERVER: 'true', SLIPWAY_PUBLIC_HOST: 'localhost', SLIPWAY_TLS_CERTIFICATE_FILE: files.certificateFile }
  issue('other')
  t.match(await runSlipway(t, { ...settings, SLIPWAY_TLS_KEY_FILE: path('other.key') }), { code: 2, stderr: /SLIPWAY_TLS_KEY_FILE: \S+ is not the key of / })
  writeFileSync(join(folder, 'text'), 'no key')
  t.match(await runSlipway(t, { ...settings, SLIPWAY_TLS_KEY_FILE: path('text'), SLIPWAY_TLS_CA_FILE: path('none') }), { code: 2, stderr: /no private key in PEM[^]*SLIPWAY_TLS_CA_FILE: \S+ cannot be read/ })
})
