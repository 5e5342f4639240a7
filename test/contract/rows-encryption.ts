import { once } from 'node:events'
import { connect } from 'node:tls'
import { processesWithArgument, portRange } from '../fixtures/leak-check.ts'
import { comesTrue, runSlipway } from '../fixtures/slipway.ts'
import { askEncrypted, presented } from '../e2e/support/encrypted.ts'
import { addressOf, ask, enter, endpointOf, socketUrl, visit, type Row } from './contract.ts'
import { encryption } from './encryption.ts'
import { argumentsOf } from './process.ts'

/** TLS: sections 1.3 and 3. */
export const encryptionRows: readonly Row[] = [
  {
    section: '1.3',
    title: 'the key of the endpoint is ws for wss too',
    official: '`endpoints.ws` is `wss://<publicHostname>:<port>` with `sslEnableScServer`',
    verdict: 'same',
    needs: ['CONTRACT_TLS_URL'],
    check: async (t, target) => {
      const { status, body } = await askEncrypted(`${addressOf(target, 'CONTRACT_TLS_URL')}/api/spawn`, target.ca, 'POST', { class: 'csr_session' })
      t.match({ status, body }, { status: 200, body: { result: 'ok', endpoints: { ws: /^wss:\/\/[^/]+:\d+$/ } } })
      t.same(Object.keys(body['endpoints'] as object), ['ws'])
      await visit((body['endpoints'] as { ws: string }).ws, { ca: target.ca })
    }
  },
  {
    section: '3',
    title: 'sslEnableSpawnServer: REST and viewers are encrypted',
    official: 'https and wss with `sslCertificateFile` and `sslPrivateKeyFile`',
    verdict: 'same',
    needs: ['CONTRACT_TLS_URL'],
    check: async (t, target) => {
      const url = addressOf(target, 'CONTRACT_TLS_URL')
      t.match(await askEncrypted(`${url}/api/help`, target.ca), { status: 200, body: { 'rest-commands': { gc: { curl: /https:\/\// } } } })
      for (const path of ['', '/any/path?renderingLocation=csr']) await visit(socketUrl({ url }) + path, { ca: target.ca })
      await t.rejects(fetch(`${url.replace('https:', 'http:')}/api/help`), 'and nothing else is spoken')
    }
  },
  {
    section: '3',
    title: 'sslEnableFileServer: files and viewers are encrypted on its port too',
    official: 'https and wss with the same certificate',
    verdict: 'same',
    needs: ['CONTRACT_TLS_FILE_SERVER_URL'],
    check: async (t, target) => {
      const url = addressOf(target, 'CONTRACT_TLS_FILE_SERVER_URL')
      t.match(await askEncrypted(`${url}/nothing`, target.ca), { status: 404 })
      await visit(`${socketUrl({ url })}/any/path`, { ca: target.ca })
    }
  },
  {
    section: '3',
    title: 'stream servers get the certificate, and report by https to the public host name',
    official: '`--ssl-certificate-file`, `--ssl-private-key-file`; `--liveliness-endpoint https://<publicHostname>:<spawnServerPort>/api/spawns/`',
    verdict: 'same',
    own: true,
    needs: ['CONTRACT_TLS_URL'],
    check: async (t, target) => {
      const url = addressOf(target, 'CONTRACT_TLS_URL')
      const { body } = await askEncrypted(`${url}/api/spawn`, target.ca, 'POST', {})
      const [args] = processesWithArgument(String(body['serviceId'])).map(argumentsOf)
      t.equal(args?.['--liveliness-endpoint'], `https://localhost:${new URL(url).port}/api/spawns/`)
      t.match(args, { '--ssl-certificate-file': /^\/.*\.pem$/, '--ssl-private-key-file': /^\/.*\.key$/ })
      await visit((body['endpoints'] as { ws: string }).ws, { ca: target.ca })
    }
  },
  {
    section: '3',
    title: 'each of the three may be encrypted alone',
    official: '`sslEnableScServer` without the others: wss endpoints from a service in plain; viewers of the spawn server are passed on over TLS',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const { config, env, ca } = encryption(t)
      const streams = await target.start(t, { ...config, sslEnableSpawnServer: false, sslEnableFileServer: false }, env)
      const endpoint = endpointOf(await ask(streams, 'POST', '/api/spawn', {}))
      t.match(endpoint, /^wss:\/\/localhost:\d+$/)
      await visit(endpoint, { ca })
      await visit(`${socketUrl(streams)}/any/path`)
      const service = await target.start(t, { ...config, sslEnableScServer: false, sslEnableFileServer: false, fileServerPort: await portRange(1) }, env)
      const { body } = await askEncrypted(`${service.url}/api/spawn`, ca, 'POST', {})
      t.match(body, { endpoints: { ws: /^ws:\/\/localhost:\d+$/ } })
      await visit((body['endpoints'] as { ws: string }).ws)
      await visit(socketUrl({ url: addressOf(service, 'CONTRACT_FILE_SERVER_URL') }))
    }
  },
  {
    section: '3',
    title: 'versions of TLS',
    official: 'no setting: what its Node.js speaks (10: from 1.0 on)',
    verdict: 'better',
    why: '1.2 and newer',
    needs: ['CONTRACT_TLS_URL', 'CONTRACT_TLS_FILE_SERVER_URL'],
    check: async (t, target) => {
      for (const url of [addressOf(target, 'CONTRACT_TLS_URL'), addressOf(target, 'CONTRACT_TLS_FILE_SERVER_URL')]) {
        const { hostname, port } = new URL(url)
        const speak = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') => connect({ host: hostname, port: Number(port), ca: target.ca, minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' })
        const [error] = await once(speak('TLSv1.1'), 'error')
        t.match(error, { code: /PROTOCOL_VERSION|ECONNRESET/ })
        for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
          const socket = speak(version)
          await once(socket, 'secureConnect')
          t.equal(socket.getProtocol(), version)
          socket.destroy()
        }
      }
    }
  },
  {
    section: '3',
    title: 'a certificate that is replaced',
    official: 'needs a restart, which ends every session',
    verdict: 'better',
    why: 'the files are read again: new connections and new stream servers get the new one, sessions live on',
    own: true,
    check: async (t, target) => {
      const { config, env, ca, fingerprint, issue, replace } = encryption(t)
      const filePort = await portRange(1)
      const service = await target.start(t, { ...config, fileServerPort: filePort }, env)
      const port = Number(new URL(service.url).port)
      const viewer = await enter(socketUrl(service), [], { ca })
      t.equal(await presented(port, ca), fingerprint)
      const second = issue('second')
      replace('second')
      await comesTrue('the new certificate is presented', async () => await presented(port, ca) === second)
      t.equal(await presented(filePort, ca), second)
      await visit(socketUrl(service), { ca })
      const { body } = await askEncrypted(`${service.url}/api/spawn`, ca, 'POST', {})
      const { ws } = body['endpoints'] as { ws: string }
      t.equal(await presented(Number(new URL(ws).port), ca), second)
      await visit(ws, { ca })
      viewer.send('still here')
      t.equal(String((await once(viewer, 'message'))[0]), 'still here')
      viewer.close()
      await once(viewer, 'close')
    }
  },
  {
    section: '3',
    title: 'encryption without a certificate, its key or the public host name',
    official: 'ends at the start with the first problem and exit code 1',
    verdict: 'better',
    why: 'all of them at once, exit code 2',
    own: true,
    check: async t => {
      const file = `${t.testdir({ 'Config.js': "module.exports = { sslEnableSpawnServer: true, licenseFile: 'licence.txt', publicHostname: null }" })}/Config.js`
      const { code, stderr } = await runSlipway(t, {}, { args: ['--config-file', file] })
      t.equal(code, 2)
      t.match(stderr, /sslPrivateKeyFile: encryption needs the certificate and its private key/)
      t.match(stderr, /publicHostname: encryption needs the host name/)
    }
  }
]
