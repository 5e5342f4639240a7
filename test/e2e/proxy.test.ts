import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { startSlipway } from '../fixtures/slipway.ts'
import { asking, openViewer } from './support/requests.ts'
import { RawViewer, textFrame, upgradeRequest } from './support/raw-viewer.ts'
import { SessionFeed } from './support/session-feed.ts'

const slipway = await startSlipway(t)
const feed = await SessionFeed.open(t, slipway)
const base = `ws://127.0.0.1:${slipway.port}`

/** A viewer that is connected, and the session it is on. */
async function visit (path = '/', protocols: string[] = []) {
  const viewer = new WebSocket(base + path, protocols, { perMessageDeflate: false, headers: { cookie: 'secret=1', 'x-forwarded-for': '192.0.2.1' } })
  const known = feed.history.length
  const greeting = path.includes('hello') ? once(viewer, 'message') : undefined
  await once(viewer, 'open')
  const { id } = await feed.until('a viewer connected', record => feed.history.indexOf(record) >= known && record.state === 'connected')
  return { viewer, id, hello: greeting === undefined ? undefined : JSON.parse(String((await greeting)[0])) as Record<string, unknown> }
}

t.test('a viewer that connects gets a stream server of its own, and what it says comes back whole', async t => {
  const { viewer, id } = await visit('/?renderingLocation=csr')
  for (const length of [1, 125, 126, 65_535, 65_536, 1_048_576, 8_388_608]) {
    const bytes = Buffer.alloc(length, String(length))
    viewer.send(bytes)
    const [echo, binary] = await once(viewer, 'message') as [Buffer, boolean]
    t.ok(binary && echo.equals(bytes), `${length} bytes`)
    viewer.send(String(bytes))
    const [text, notText] = await once(viewer, 'message') as [Buffer, boolean]
    t.ok(!notText && text.equals(bytes), `${length} characters`)
  }
  viewer.close(1000, 'bye')
  t.same((await once(viewer, 'close')).map(String), ['1000', 'bye'])
  t.match(await feed.end(id), { via: 'proxy', state: 'stopped', reason: 'client_closed', exitCode: 0 })
  t.same(feed.states(id), ['queued', 'starting', 'ready', 'connected', 'draining', 'stopped'])
})

t.test('the stream server sees path, query and sub-protocol as the viewer wrote them, and no secrets', async t => {
  const { viewer, id, hello } = await visit('/deep/hello%20there?a=1&renderingLocation=csr', ['first', 'second'])
  t.equal(viewer.protocol, 'first')
  t.match(hello, { path: '/deep/hello%20there?a=1&renderingLocation=csr', protocol: 'first', headers: { 'x-forwarded-for': '127.0.0.1', 'sec-websocket-protocol': 'first,second' } })
  t.notOk('cookie' in (hello?.['headers'] as object))
  viewer.terminate()
  t.match(await feed.end(id), { state: 'stopped', reason: 'client_closed' })
})

t.test('many viewers at a time do not hear each other', async t => {
  const viewers = await Promise.all(Array.from({ length: 4 }, async (_, index) => {
    const viewer = new WebSocket(base)
    await once(viewer, 'open')
    viewer.send(`viewer ${index}`)
    return { viewer, heard: String((await once(viewer, 'message'))[0]) }
  }))
  t.same(viewers.map(({ heard }) => heard), ['viewer 0', 'viewer 1', 'viewer 2', 'viewer 3'])
  for (const { viewer } of viewers) viewer.close()
  await Promise.all(feed.history.filter(({ state }) => state === 'connected').map(async ({ id }) => { await feed.end(id) }))
})

t.test('what a viewer says before it is let in is not lost', async t => {
  const slow = await startSlipway(t, {}, { mode: 'slow-ready-300' })
  const slowFeed = await SessionFeed.open(t, slow)
  const viewer = await RawViewer.connect(t, slow.port)
  viewer.say(upgradeRequest('/hello'), textFrame('one'))
  await slowFeed.until('starting', ({ state }) => state === 'starting')
  viewer.say(textFrame('two'), textFrame('three').subarray(0, 5))
  viewer.say(textFrame('three').subarray(5))
  t.match(await viewer.head(), /^HTTP\/1.1 101 .*Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/s)
  t.match(JSON.parse(String((await viewer.frame()).payload)), { path: '/hello' })
  for (const text of ['one', 'two', 'three']) t.same(await viewer.frame(), { opcode: 1, payload: Buffer.from(text) })
})

t.test('a session that was asked for by REST is joined through the one public port', async t => {
  const { proxyPath, serviceId, port } = await openViewer(slipway)
  t.equal(proxyPath, `/wsproxy/${port}`)
  const { viewer, id, hello } = await visit(`${proxyPath}/hello/there?a=1`)
  t.equal(id, serviceId)
  t.equal(hello?.['path'], '/hello/there?a=1')

  const second = new WebSocket(base + proxyPath)
  t.match((await once(second, 'error'))[0], { message: /503/ }, 'the stream server itself says that it has a viewer')
  t.match(await asking(`${slipway.url}/api/spawns/${serviceId}`), { body: { state: 'connected', endedAt: null } }, 'which harms nobody')
  viewer.send('still here')
  t.equal(String((await once(viewer, 'message'))[0]), 'still here')
  viewer.close()
  t.match(await feed.end(serviceId), { via: 'rest', state: 'stopped', reason: 'client_closed' })
})

t.test('nothing but a living session is reached through the public port', async t => {
  const { port } = await openViewer(slipway)
  const idle = slipway.ports.find(other => other !== port) ?? 0
  for (const path of [`/wsproxy/${idle}`, `/wsproxy/${slipway.port}`, '/wsproxy/22', '/wsproxy/99999', `/wsproxy/${idle}/x?y`]) {
    const viewer = await RawViewer.connect(t, slipway.port)
    viewer.say(upgradeRequest(path))
    t.match(await viewer.rest(), /^HTTP\/1.1 404 Not Found\r\n.*\{"status":"failed","reason":"There is no session on port \d+","code":"unknown_session"\}$/s, path)
  }
})
