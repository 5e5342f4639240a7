import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import access from '../../plugins/access.ts'
import reportLine from '../../plugins/report-line.ts'
import status from '../../plugins/status.ts'
import { appStage, opened } from '../fixtures/app-stage.ts'

async function lineStage (t: Test, corsOrigin = '') {
  const { app, clock } = await appStage(t, { limits: { idleTimeout: 100_000 } })
  await app.register(access, { host: '127.0.0.1', publicHost: '', internalHost: '', secure: false, corsOrigin, open: false })
  await app.register(status, { prefix: '/api/spawns' })
  let seen = 0
  app.addHook('onRequest', async () => { seen++ })
  await app.register(reportLine, { warnBefore: 60_000, clock })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const { id } = await opened(app)
  const say = async (target: string, headers: string[] = [], method = 'POST') => {
    const socket = connect(port, '127.0.0.1')
    socket.write([`${method} ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers, '', ''].join('\r\n'))
    return await text(socket)
  }
  return { app, id, say, seen: () => seen }
}

t.test('a plain report is taken before anything else looks at it', async t => {
  const { app, id, say, seen } = await lineStage(t)
  for (const slashes of ['/', '//']) t.match(await say(`/api/spawns${slashes}${id}?liveliness=ping&viewers=1`, ['Content-Length: 0', 'Content-Type: application/x-www-form-urlencoded']), /^HTTP\/1\.1 200 OK\r\ncontent-length: 0\r\n/i)
  t.equal(app.spawner.session(id)?.state, 'connected')
  t.equal(seen(), 0)
})

t.test('pages are told that they may ask, as by every other answer', async t => {
  const { id, say } = await lineStage(t, '*')
  t.match(await say(`/api/spawns/${id}?liveliness=ping`), /access-control-allow-origin: \*\r\naccess-control-allow-methods: POST\r\n/)
})

t.test('what is odd about a report is told as ever', async t => {
  const { app, id, say, seen } = await lineStage(t)
  t.match(await say('/api/spawns/nobody?liveliness=ping'), /^HTTP\/1\.1 404/)
  t.match(await say(`/api/spawns/${id}?liveliness=dead`), /^HTTP\/1\.1 400/)
  t.match(await say(`/api/spawns/${id}?liveliness=disconnect`, ['X-Forwarded-For: 192.0.2.1']), /^HTTP\/1\.1 403/)
  t.match(await say(`/api/spawns/${id}?liveliness=disconnect`, ['Origin: https://evil.example']), /^HTTP\/1\.1 403/)
  t.match(await say(`/api/spawns/${id}?liveliness=disconnect`, [], 'GET'), /^HTTP\/1\.1 404/)
  t.equal(app.spawner.session(id)?.state, 'ready', 'nothing came of it')
  t.match(await say(`/api/spawns/${id}?liveliness=ping`, ['Content-Length: 2', '', '{}']), /^HTTP\/1\.1 200/, 'a body is not minded')
  t.equal(seen(), 5, 'all but the foreign page, which was turned away before')
})

t.test('a header tells when a limit is about to end the viewer’s stay, as by the status plugin', async t => {
  const { id, say, seen } = await lineStage(t)
  t.notMatch(await say(`/api/spawns/${id}?liveliness=ping&viewers=1&idle=49`), /slipway-ending/)
  t.match(await say(`/api/spawns/${id}?liveliness=ping&viewers=1&idle=50`), /^HTTP\/1\.1 200 OK\r\ncontent-length: 0\r\nslipway-ending: idle_timeout; seconds=50\r\n/)
  t.equal(seen(), 0)
})
