import { once } from 'node:events'
import { request } from 'node:https'
import { connect, createServer, type AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { subprotocol } from '../../src/stream-server/protocol.ts'
import { certificates, withoutOpenssl } from '../fixtures/certificates.ts'
import { portRange } from '../fixtures/leak-check.ts'
import { startSlipway, type Environment } from '../fixtures/slipway.ts'
import { frontProxy, type Around, type ProxyKind } from './support/front-proxy.ts'

/** Whence the callers come here: an address of this machine that is not the proxy's own. */
const localAddress = '127.0.0.2'
/** Longer than every time limit of the proxies here but the one for viewers. */
const idleMilliseconds = 2_500

async function stage (t: Test, kind: ProxyKind, more: Environment = {}, around: Around = {}) {
  const pair = certificates(t)
  // The stand-in for ts3d_sc_server reports without encryption; ours can.
  const tls = kind === 'HAProxy, TCP' ? { SLIPWAY_STREAM_SERVER: '', SLIPWAY_TLS_CA_FILE: pair.authorityFile, SLIPWAY_PROXY_PROTOCOL: 'true', SLIPWAY_TLS_SERVER: 'true', SLIPWAY_TLS_CERTIFICATE_FILE: pair.files.certificateFile, SLIPWAY_TLS_KEY_FILE: pair.files.keyFile } : {}
  const slipway = await startSlipway(t, { SLIPWAY_PUBLIC_HOST: 'localhost', SLIPWAY_TRUSTED_PROXIES: '127.0.0.1', SLIPWAY_ENDPOINT: '{origin}/s/{token}', SLIPWAY_INTERNAL_HOST: '127.0.0.1', ...tls, ...more })
  const { port } = await frontProxy(t, kind, slipway.port, pair, around)
  const ask = async (method: string, path: string) => {
    const call = request({ host: '127.0.0.1', port, path, method, servername: 'localhost', ca: pair.ca, localAddress, headers: { host: `localhost:${port}`, 'x-forwarded-for': '192.0.2.66', 'content-type': 'application/json' }, agent: false })
    call.end(method === 'POST' ? '{}' : undefined)
    const [answer] = await once(call, 'response')
    return { status: answer.statusCode as number, body: await json(answer).catch(() => undefined) as { serviceId: string, endpoints: { ws: string } }, type: answer.headers['content-type'] as string | undefined }
  }
  const view = (url: string, protocol: string[] = []) => new WebSocket(url, protocol, { ca: pair.ca, localAddress, family: 4, perMessageDeflate: false })
  return { slipway, port, ask, view, base: `wss://localhost:${port}` }
}

/** Our own stream server answers whoever speaks its protocol. */
async function answers (viewer: WebSocket) {
  viewer.send(JSON.stringify({ type: 'open', model: 'drive-unit' }))
  return (await once(viewer, 'message')).length > 0
}

/** The code it closes with on a viewer that opens. */
async function turnedAway (viewer: WebSocket): Promise<number> {
  await once(viewer, 'open')
  viewer.send(JSON.stringify({ type: 'open', model: 'drive-unit' }))
  const [code] = await once(viewer, 'close') as [number]
  return code
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

function withBitFlipped (url: string, byte: number) {
  const [, before = '', token = ''] = /^(.*\/)([^/]+)$/.exec(url) ?? []
  const bytes = Buffer.from(token, 'base64url')
  bytes[byte] = (bytes[byte] ?? 0) ^ 1
  return before + bytes.toString('base64url')
}

const sessionPort = async ({ url }: { url: string }, id: string) => (await (await fetch(`${url}/api/spawns/${id}`)).json() as { port: number }).port

for (const kind of ['nginx', 'nginx carries', 'HAProxy', 'HAProxy, TCP', 'Caddy'] as const) {
  t.test(`${kind}, as documented`, withoutOpenssl, async t => {
    const { slipway, port, ask, view, base } = await stage(t, kind)
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
    // Ours keeps its seat for its viewer itself, and turns away whoever else opens.
    if (embedded) t.equal(await turnedAway(view(spawned.body.endpoints.ws, [protocol])), 4409, 'nobody else gets in with the same token')
    else t.equal(await refusal(view(spawned.body.endpoints.ws)), kind === 'nginx carries' ? 403 : 409, 'nobody else gets in with the same token')
    t.equal(await refusal(view(`${base}/s/${'A'.repeat(52)}`)), 403, 'a forged token')
    // Its last byte is signature, its second the session's port.
    for (const byte of [38, 1]) t.equal(await refusal(view(withBitFlipped(spawned.body.endpoints.ws, byte))), 403, `a real token with a bit of byte ${byte} flipped`)
    t.equal(await refusal(view(`${base}/wsproxy/${slipway.port}`)), 403, 'a port that is no session’s')
    if (!embedded) t.equal(await refusal(view(`${base}/wsproxy/${await sessionPort(slipway, spawned.body.serviceId)}`)), 403, 'the session’s own port, where viewers have tokens')
    // Ours asks its viewer now and then whether it is there, so that no time limit could be seen by it.
    const silent = embedded ? connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {}).resume() : null
    t.teardown(() => { silent?.destroy() })
    await wait(idleMilliseconds)
    if (silent !== null) t.ok(silent.readable, 'a connection may be silent')
    if (!t.equal(viewer.readyState, WebSocket.OPEN, 'a viewer may be idle')) return
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

t.test('nginx carries, viewers are told ports: the session’s own port gets in, and no other port of this machine is reached', withoutOpenssl, async t => {
  const { slipway, ask, view, base } = await stage(t, 'nginx carries', { SLIPWAY_ENDPOINT: '{origin}/wsproxy/{port}' })
  const { body: { serviceId, endpoints } } = await ask('POST', '/api/spawn')
  t.equal(endpoints.ws, `${base}/wsproxy/${await sessionPort(slipway, serviceId)}`)
  const viewer = view(endpoints.ws)
  await once(viewer, 'open')
  t.ok(await echoes(viewer, Buffer.alloc(1_000_000, 'model')), 'what is said comes back whole')

  let heard = 0
  const foreign = createServer(socket => {
    heard++
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(foreign, 'listening')
  t.teardown(() => { foreign.close() })
  for (const [what, port] of [['somebody else’s port', (foreign.address() as AddressInfo).port], ['a free port', await portRange(1)], ['the service’s port', slipway.port]] as const) {
    t.equal(await refusal(view(`${base}/wsproxy/${port}`)), 403, what)
  }
  t.equal(heard, 0, 'nobody knocked at somebody else’s port')
  viewer.close()
  await once(viewer, 'close')
})

/** What the documentation says of a service below a path: the documented location for that path alone. */
const below = {
  kept: (text: string) => text.replace('location / {', 'location /cad/ {'),
  'taken away': (text: string) => text.replace('location / {', 'location /cad/ {').replace(/(location \/cad\/ {\s+proxy_pass http:\/\/slipway);/, '$1/;').replace('X-Forwarded-Prefix ""', 'X-Forwarded-Prefix /cad')
}
for (const [how, edit] of Object.entries(below)) {
  t.test(`nginx, below a path that is ${how}: the page, a start, and the address that a viewer is told`, withoutOpenssl, async t => {
    const { ask, view, base } = await stage(t, 'nginx', how === 'kept' ? { SLIPWAY_PATH_PREFIX: '/cad' } : {}, { edit })
    t.match(await ask('GET', '/cad/'), { status: 200, type: /^text\/html/ }, 'the page')
    t.match(await ask('GET', '/cad/healthz'), { status: 200 })
    t.equal((await ask('GET', '/')).status, 404, 'the rest is somebody else’s')
    const { status, body: { endpoints: { ws } } } = await ask('POST', '/cad/api/spawn')
    t.equal(status, 200)
    t.match(ws, new RegExp(`^${base}/cad/s/[\\w-]{52}$`))
    t.equal(await refusal(view(`${base}/cad/s/${'A'.repeat(52)}`)), 403, 'a forged token')
    const viewer = view(ws)
    await once(viewer, 'open')
    t.ok(await echoes(viewer, Buffer.from('hello')))
    viewer.close()
    await once(viewer, 'close')
    const other = view(`${base}/cad/any/path?renderingLocation=csr`)
    await once(other, 'open')
    t.ok(await echoes(other, Buffer.from('hello')), 'a WebSocket starts a stream server of its own')
    other.close()
    await once(other, 'close')
  })
}
