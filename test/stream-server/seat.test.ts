import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { WebSocket } from 'ws'
import { FakeClock } from '../fixtures/fake-clock.ts'
import { reports } from './support/reports.ts'
import { running } from './support/running.ts'
import { TestViewer, camera } from './support/viewer.ts'

t.test('the process serves one viewer, who opens first: a second one is told so and the first is not disturbed', async t => {
  const { url } = await running(t)
  const waiting = await TestViewer.connect(url)
  const first = await TestViewer.connect(url)
  first.say({ type: 'open', model: 'balls' })
  t.match(await waiting.closed, { code: 4409 }, 'who waited at the door has to go')
  const second = await TestViewer.connect(url)
  second.say({ type: 'open', model: 'balls' })
  t.same(await second.closed, { code: 4409, reason: 'This stream server has a viewer already.' })
  t.ok(await first.scene())
})

t.test('when its viewer leaves, the process is over', async t => {
  const taken = await reports(t)
  const { url, server, port } = await running(t, ['--liveliness-endpoint', taken.endpoint])
  const viewer = await TestViewer.connect(url)
  viewer.say({ type: 'open', model: 'balls' })
  t.match(await taken.until('viewers=1'), /liveliness=ping&viewers=1&idle=0/)
  viewer.socket.close()
  t.equal(await server.finished, 0)
  t.match(taken.lines.at(-1), /disconnect/)
  t.match(taken.lines[0], /ready/)
  const late = new WebSocket(`ws://127.0.0.1:${port}`)
  const [error] = await once(late, 'error') as [NodeJS.ErrnoException]
  t.equal(error.code, 'ECONNREFUSED')
})

t.test('pings tell for how long the viewer has been idle', async t => {
  const clock = new FakeClock()
  const taken = await reports(t)
  const { url } = await running(t, ['--liveliness-endpoint', taken.endpoint], clock)
  await taken.until('ready')
  const viewer = await TestViewer.connect(url)
  viewer.say({ type: 'open', model: 'balls' })
  await taken.until('viewers=1&idle=0')
  viewer.say(camera(1, [1, 0.5, 4], [1, 0, 0]))
  await viewer.idle(1)
  await clock.advance(5000)
  await taken.until('idle=5')
  viewer.say(camera(2, [1, 0.5, 4], [1, 0, 0]))
  await viewer.idle(2)
  taken.lines.length = 0
  await clock.advance(5000)
  t.match(await taken.until('ping'), /viewers=1&idle=5&model=balls /, 'a camera starts the count anew')
})

t.test('a right token opens, a wrong or missing one does not, and does not end the process', async t => {
  const { url, server } = await running(t, ['--session-token', 'secret'])
  for (const token of [undefined, '', 'Secret', 'secret2']) {
    const viewer = await TestViewer.connect(url)
    viewer.say({ type: 'open', model: 'balls', ...(token !== undefined && { token }) })
    t.same(await viewer.closed, { code: 4401, reason: 'The session token is wrong.' })
    t.match(viewer.messages, [{ type: 'error', code: 'badToken' }])
  }
  const waiting = await TestViewer.connect(url)
  const right = await TestViewer.connect(url)
  right.say({ type: 'open', model: 'balls', token: 'secret' })
  await right.scene()
  t.match(await waiting.closed, { code: 4409 }, 'who waited at the door has to go')
  right.close()
  t.equal(await server.finished, 0)
})

t.test('who presents no token in time is sent away', async t => {
  const clock = new FakeClock()
  const { url, log } = await running(t, ['--session-token', 'secret', '--initial-use-duration', '30'], clock)
  const viewer = await TestViewer.connect(url)
  await clock.advance(10_000)
  t.match(await viewer.closed, { code: 4401 })
  t.notOk(log.includes('a viewer has come'))
})

t.test('a HOOPS viewer is told what it needs, in every dialect', async t => {
  const { url, server } = await running(t)
  for (const protocols of [[], ['binary'], ['a', 'b']]) {
    const viewer = await TestViewer.connect(url, protocols)
    t.equal(viewer.socket.protocol, protocols[0] ?? '')
    t.same(await viewer.closed, { code: 4400, reason: 'a HOOPS viewer needs ts3d_sc_server; set SLIPWAY_STREAM_SERVER' })
  }
  const ours = await TestViewer.connect(url, ['other', 'slipway.stream.v2'])
  t.equal(ours.socket.protocol, 'slipway.stream.v2')
  await server.stop(0)
  t.same(await ours.closed, { code: 1001, reason: 'The stream server ends.' })
})

t.test('a client that is refused and does not care does not hold up the end', async t => {
  const { port, server } = await running(t)
  const client = connect(port, '127.0.0.1')
  t.teardown(() => client.destroy())
  client.on('error', () => {})
  client.write('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n')
  await once(client, 'data')
  await server.stop(0)
  t.equal(await server.finished, 0)
})

t.test('plain HTTP is told to upgrade', async t => {
  const { port } = await running(t)
  const [response] = await once(request({ port, host: '127.0.0.1', path: '/x' }).end(), 'response')
  t.equal(response.statusCode, 426)
  t.equal(response.headers.upgrade, 'websocket')
  response.resume()
})

t.test('without a viewer the process ends by itself', async t => {
  const clock = new FakeClock()
  const { server, log } = await running(t, ['--initial-use-duration', '30'], clock)
  await clock.advance(29_999)
  t.notOk(log.some(line => line.includes('no viewer')))
  await clock.advance(1)
  t.equal(await server.finished, 0)
  t.ok(log.includes('no viewer came in 30 s'))
})

t.test('whoever connects and opens nothing is sent away, and has not come', async t => {
  const clock = new FakeClock()
  const { url, server, log } = await running(t, ['--initial-use-duration', '30'], clock)
  const idler = await TestViewer.connect(url)
  await clock.advance(10_000)
  t.same(await idler.closed, { code: 1008, reason: 'Nothing was opened in time.' })
  const passer = await TestViewer.connect(url)
  passer.close()
  await passer.closed
  await clock.advance(15_000)
  const last = await TestViewer.connect(url)
  await clock.advance(5_000)
  t.match(await last.closed, { code: 1001 })
  t.equal(await server.finished, 0)
  t.ok(log.includes('no viewer came in 30 s'))
})

t.test('one that could not come back leaves before it has opened: nobody else would come', async t => {
  const { url, server } = await running(t)
  const viewer = await TestViewer.connect(url, undefined, { headers: { 'Slipway-Way-Back': 'none' } })
  viewer.close()
  t.equal(await server.finished, 0)
})

t.test('with a viewer it does not, nor when it is told to wait for ever', async t => {
  const clock = new FakeClock()
  const { url, log } = await running(t, ['--initial-use-duration', '30'], clock)
  const viewer = await TestViewer.connect(url)
  viewer.say({ type: 'open', model: 'balls' })
  await viewer.scene()
  for (let i = 0; i < 4; i++) {
    const pinged = once(viewer.socket, 'ping')
    await clock.advance(10_000)
    await pinged
  }
  t.notOk(log.some(line => line.includes('no viewer')))
  const idle = new FakeClock()
  const endless = await running(t, ['--initial-use-duration', '0'], idle)
  await idle.advance(1e7)
  t.equal(idle.pending, 0)
  t.notOk(endless.log.some(line => line.includes('no viewer')))
})

t.test('a viewer whose machine fell asleep is noticed', async t => {
  const clock = new FakeClock()
  const taken = await reports(t)
  const { url, server } = await running(t, ['--liveliness-endpoint', taken.endpoint], clock)
  const viewer = new TestViewer(url, ['slipway.stream.v2'], { autoPong: false })
  t.teardown(() => viewer.close())
  await once(viewer.socket, 'open')
  viewer.say({ type: 'open', model: 'balls' })
  await viewer.scene()
  await clock.advance(10_000)
  await clock.advance(10_000)
  t.equal(viewer.socket.readyState, WebSocket.OPEN)
  await taken.until('viewers=1')
  await clock.advance(10_000)
  await taken.until('viewers=0')
  await clock.advance(30_000)
  t.equal(await server.finished, 0)
})
