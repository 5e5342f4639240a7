import { once } from 'node:events'
import { request } from 'node:https'
import { json } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { subprotocol } from '../../src/stream-server/protocol.ts'
import { certificates, withoutOpenssl } from '../fixtures/certificates.ts'
import { startSlipway, type Environment } from '../fixtures/slipway.ts'
import { frontProxy, type ProxyKind } from './support/front-proxy.ts'

/** Whence the callers come here: an address of this machine that is not the proxy's own. */
const localAddress = '127.0.0.2'
/** Longer than every time limit of the proxies here but the one for viewers. */
const idleMilliseconds = 2_500

async function stage (t: Test, kind: ProxyKind, more: Environment = {}) {
  const pair = certificates(t)
  // The stand-in for ts3d_sc_server reports without encryption; ours can.
  const tls = kind === 'HAProxy, TCP' ? { SLIPWAY_STREAM_SERVER: '', SLIPWAY_TLS_CA_FILE: pair.authorityFile, SLIPWAY_PROXY_PROTOCOL: 'true', SLIPWAY_TLS_SERVER: 'true', SLIPWAY_TLS_CERTIFICATE_FILE: pair.files.certificateFile, SLIPWAY_TLS_KEY_FILE: pair.files.keyFile } : {}
  const slipway = await startSlipway(t, { SLIPWAY_PUBLIC_HOST: 'localhost', SLIPWAY_TRUSTED_PROXIES: '127.0.0.1', SLIPWAY_ENDPOINT: '{origin}/s/{token}', SLIPWAY_INTERNAL_HOST: '127.0.0.1', ...tls, ...more })
  const { port } = await frontProxy(t, kind, slipway.port, pair)
  const ask = async (method: string, path: string) => {
    const call = request({ host: '127.0.0.1', port, path, method, servername: 'localhost', ca: pair.ca, localAddress, headers: { host: `localhost:${port}`, 'x-forwarded-for': '192.0.2.66', 'content-type': 'application/json' }, agent: false })
    call.end(method === 'POST' ? '{}' : undefined)
    const [answer] = await once(call, 'response')
    return { status: answer.statusCode as number, body: await json(answer).catch(() => undefined) as { serviceId: string, endpoints: { ws: string } } }
  }
  const view = (url: string, protocol: string[] = []) => new WebSocket(url, protocol, { ca: pair.ca, localAddress, family: 4, perMessageDeflate: false })
  return { slipway, port, ask, view, base: `wss://localhost:${port}` }
}

/** Our own stream server answers whoever speaks its protocol. */
async function answers (viewer: WebSocket) {
  viewer.send(JSON.stringify({ type: 'open', model: 'drive-unit' }))
  return (await once(viewer, 'message')).length > 0
}

async function echoes (viewer: WebSocket, bytes: Buffer) {
  viewer.send(bytes)
  const [echo] = await once(viewer, 'message') as [Buffer]
  return echo.equals(bytes)
}

const refusal = async (viewer: WebSocket) => {
  viewer.on('error', () => {})
  const [, answer] = await once(viewer, 'unexpected-response') as [unknown, { statusCode: number, destroy: () => void }]
  answer.destroy()
  viewer.terminate()
  return answer.statusCode
}

for (const kind of ['nginx', 'nginx carries', 'HAProxy', 'HAProxy, TCP', 'Caddy'] as const) {
  t.test(`${kind}, as documented`, withoutOpenssl, async t => {
    const { slipway, ask, view, base } = await stage(t, kind)
    const spawned = await ask('POST', '/api/spawn')
    t.equal(spawned.status, 200, 'REST')
    t.match(spawned.body.endpoints.ws, new RegExp(`^${base}/s/[\\w-]{52}$`), 'the address a viewer is told leads through the proxy')
    const asked = await slipway.waitForLog(/^POST \/api\/spawn 200/)
    t.equal(asked['ip'], localAddress, 'the service knows who asked')

    const embedded = kind === 'HAProxy, TCP'
    const protocol = embedded ? subprotocol : 'binary'
    const viewer = view(spawned.body.endpoints.ws, [protocol])
    viewer.on('error', () => {})
    await once(viewer, 'open')
    t.equal(viewer.protocol, protocol, 'the sub-protocol is kept')
    t.ok(embedded ? await answers(viewer) : await echoes(viewer, Buffer.alloc(5_000_000, 'model')), 'what is said comes back whole')
    t.equal(await refusal(view(spawned.body.endpoints.ws)), kind === 'nginx carries' ? 403 : 409, 'nobody else gets in with the same token')
    t.ok(['403', '404'].includes(String(await refusal(view(`${base}/s/${'A'.repeat(52)}`)))), 'a forged token')
    t.ok(['403', '404'].includes(String(await refusal(view(`${base}/wsproxy/${slipway.port}`)))), 'a port that is no session’s')
    await wait(idleMilliseconds)
    t.equal(viewer.readyState, WebSocket.OPEN, 'a viewer may be idle')
    if (!embedded) t.ok(await echoes(viewer, Buffer.from('still here')))

    if (!embedded) {
      const metrics = await (await fetch(`${slipway.url}/metrics`)).text()
      t.match(metrics, kind === 'nginx carries' ? /^slipway_tunnel_connections 0$/m : /^slipway_tunnel_connections 1$/m, 'who carries the bytes')
    }
    const over = slipway.waitForLog(/session draining > stopped \(client_closed\)/)
    viewer.close()
    await once(viewer, 'close')
    await over

    const other = view(`${base}/any/path?renderingLocation=csr`, [protocol])
    await once(other, 'open')
    t.ok(embedded ? await answers(other) : await echoes(other, Buffer.from('hello')), 'a WebSocket starts a stream server of its own')
    other.close()
    await once(other, 'close')

    if (embedded) return
    for (const [method, path] of [['GET', '/metrics'], ['POST', '/api/gc'], ['POST', '/api/shutdown'], ['GET', '/api/route']] as const) t.equal((await ask(method, path)).status, 404, `${path} is not for everybody`)
  })
}
