import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import status from '../../plugins/status.ts'
import { appStage, open, opened, reached } from '../fixtures/app-stage.ts'

async function statusStage (t: Test, options: Parameters<typeof appStage>[1] = {}) {
  const stage = await appStage(t, options)
  await stage.app.register(status, { prefix: '/api/spawns', warnBefore: 60_000 })
  const report = (id: string, liveliness: string, more: object = {}) => stage.app.inject({ method: 'POST', url: `/api/spawns/${id}?liveliness=${liveliness}`, ...more })
  return { ...stage, report }
}

t.test('a stream server says it is ready, pings and leaves', async t => {
  const { app, launcher, report } = await statusStage(t, { autoReady: false })
  await app.ready()
  const starting = reached(app.spawner, 'starting')
  const opening = open(app)
  const { id } = await starting
  const answer = await report(id, 'ready')
  t.equal(answer.statusCode, 200)
  t.equal(answer.body, '', 'an empty body, as the official server')
  t.match(await opening, { status: 'opened', session: { id, state: 'ready' } })
  t.equal((await report(id, 'ping&viewers=1')).statusCode, 200)
  t.equal(app.spawner.session(id)?.state, 'connected')
  t.equal((await report(id, 'disconnect')).statusCode, 200)
  t.match(app.spawner.session(id), { state: 'draining', reason: 'client_closed' })
  launcher.exit(id, { code: 0 })
  t.equal(app.spawner.session(id)?.state, 'stopped')
})

t.test('one or two slashes before the id are the same', async t => {
  const { app, report } = await statusStage(t)
  await app.ready()
  const { id } = await opened(app)
  t.equal((await report(id, 'ping')).statusCode, 200)
  t.equal((await report(`/${id}`, 'ping')).statusCode, 200)
})

for (const type of [undefined, 'application/x-www-form-urlencoded', 'application/json', 'text/xml', 'multipart/form-data; boundary=x']) {
  t.test(`a report is taken with content type ${type ?? '(none)'}, with and without a body`, async t => {
    const { app, report } = await statusStage(t)
    await app.ready()
    const { id } = await opened(app)
    const headers = type === undefined ? {} : { 'content-type': type }
    for (const payload of [undefined, '', '{"broken', 'a=1', 'x'.repeat(1_000_000)]) {
      t.equal((await report(id, 'ping', { headers, ...payload === undefined ? {} : { payload } })).statusCode, 200, `${payload?.length ?? 'no'} bytes`)
    }
  })
}

t.test('what is no content type at all is refused, and nothing changes', async t => {
  const { app, report } = await statusStage(t)
  await app.ready()
  const { id } = await opened(app)
  t.equal((await report(id, 'disconnect', { headers: { 'content-type': 'no type at all' }, payload: 'x' })).statusCode, 415)
  t.equal(app.spawner.session(id)?.state, 'ready')
})

t.test('a report of a stranger is told so in words and changes nothing', async t => {
  const { app, report } = await statusStage(t)
  await app.ready()
  for (const id of ['b6d2ae3e-6a23-4bd7-9a02-58c0e6f8a8cc', 'x'.repeat(90), '__proto__', '%00', '..%2f..']) {
    for (const kind of ['ready', 'ping', 'disconnect']) {
      const answer = await report(id, kind)
      t.equal(answer.statusCode, 404, id)
      t.same(answer.json(), { result: 'error', reason: "Reported spawn doesn't exist" })
    }
  }
  t.same(app.spawner.sessions(), [])
})

t.test('a liveliness that is unknown, missing or said twice is refused and changes nothing', async t => {
  const { app } = await statusStage(t)
  await app.ready()
  const { id } = await opened(app)
  const before = app.spawner.session(id)
  for (const query of ['', '?', '?liveliness', '?liveliness=', '?liveliness=dead', '?liveliness=READY', '?liveliness=ready&liveliness=ready', '?liveliness[]=ready', '?liveliness=toString']) {
    const answer = await app.inject({ method: 'POST', url: `/api/spawns/${id}${query}` })
    t.equal(answer.statusCode, 400, query)
    t.match(answer.json(), { result: 'error', reason: /^liveliness: expected ready, ping, disconnect, got / })
  }
  t.same(app.spawner.session(id), before)
})

t.test('a report that comes twice or late is harmless', async t => {
  const { app, launcher, report } = await statusStage(t)
  await app.ready()
  const { id } = await opened(app)
  t.equal((await report(id, 'ready')).statusCode, 200)
  t.equal((await report(id, 'ready')).statusCode, 200)
  t.equal(app.spawner.session(id)?.state, 'ready')
  t.equal((await report(id, 'disconnect')).statusCode, 200)
  t.equal((await report(id, 'disconnect')).statusCode, 200)
  t.equal((await report(id, 'ready')).statusCode, 200)
  t.equal(app.spawner.session(id)?.state, 'draining')
  launcher.exit(id, { code: 0 })
  const ended = app.spawner.session(id)
  for (const kind of ['ready', 'ping', 'disconnect']) t.equal((await report(id, kind)).statusCode, 200)
  t.same(app.spawner.session(id), ended)
})

t.test('a thousand reports in a row are all taken', async t => {
  const { app, report } = await statusStage(t)
  await app.ready()
  const { id } = await opened(app)
  const codes = new Set<number>()
  for (let count = 0; count < 1_000; count++) codes.add((await report(id, 'ping&viewers=1')).statusCode)
  t.same([...codes], [200])
})

t.test('a report from another machine is refused and changes nothing', async t => {
  const { app, report } = await statusStage(t)
  await app.ready()
  const { id } = await opened(app)
  for (const remoteAddress of ['192.0.2.7', '2001:db8::7', '::ffff:192.0.2.7', '1127.0.0.1']) {
    const answer = await report(id, 'disconnect', { remoteAddress })
    t.equal(answer.statusCode, 403, remoteAddress)
    t.match(answer.json(), { result: 'error', reason: /this machine only/ })
  }
  t.equal(app.spawner.session(id)?.state, 'ready')
  for (const remoteAddress of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1']) t.equal((await report(id, 'ping', { remoteAddress })).statusCode, 200, remoteAddress)
})

t.test('a report that came through a proxy is from who knows where', async t => {
  const { app, report } = await statusStage(t)
  await app.ready()
  const { id } = await opened(app)
  t.equal((await report(id, 'disconnect', { headers: { 'x-forwarded-for': '127.0.0.1' } })).statusCode, 403)
  t.equal(app.spawner.session(id)?.state, 'ready')
})

t.test('over a real socket', async t => {
  const { app } = await statusStage(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as { port: number }
  const { id } = await opened(app)
  const post = async (path: string, headers: Record<string, string>, body = '') => {
    const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', headers })
    outgoing.end(body)
    const [incoming] = await once(outgoing, 'response') as [IncomingMessage]
    incoming.resume()
    return incoming.statusCode
  }

  await t.test('the empty POST of libcurl is taken', async t => {
    t.equal(await post(`/api/spawns//${id}?liveliness=ping`, { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '0' }), 200)
    t.equal(await post(`/api/spawns/${id}?liveliness=ping`, { 'content-length': '0' }), 200)
    t.equal(await post(`/api/spawns/${id}?liveliness=ping`, { 'transfer-encoding': 'chunked' }, 'some words'), 200)
  })

  await t.test('a huge body is read away and the connection stays good', async t => {
    t.equal(await post(`/api/spawns/${id}?liveliness=ping`, { 'content-type': 'application/json' }, 'x'.repeat(20_000_000)), 200)
    t.equal(await post(`/api/spawns/${id}?liveliness=ping`, {}), 200)
  })

  await t.test('a report that breaks off in the middle of its body does no harm', async t => {
    const arrived = once(app.server, 'request') as Promise<[IncomingMessage]>
    const outside = connect(port, '127.0.0.1')
    outside.on('error', () => {})
    outside.write(`POST /api/spawns/${id}?liveliness=disconnect HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`)
    const [{ socket }] = await arrived
    const gone = new Promise(resolve => { socket.once('close', resolve) })
    outside.resetAndDestroy()
    await gone
    t.equal(app.spawner.session(id)?.state, 'ready', 'nothing was reported')
    t.equal(await post(`/api/spawns/${id}?liveliness=ping`, {}), 200)
  })
})

t.test('the answer is empty; before a limit ends the viewer’s stay a header says so', async t => {
  const { app, clock, report } = await statusStage(t, { limits: { idleTimeout: 100_000, pingTimeout: 0 } })
  await app.ready()
  const { id } = await opened(app)
  t.equal((await report(id, 'ping&viewers=1&idle=0')).headers['slipway-ending'], undefined)
  await clock.advance(54_500)
  const warned = await report(id, 'ping&viewers=1&idle=54.5')
  t.equal(warned.headers['slipway-ending'], 'idle_timeout; seconds=46')
  t.equal(warned.body, '')
  t.equal((await report(id, 'ping&viewers=1&idle=0')).headers['slipway-ending'], undefined)
})
