import { EventEmitter, once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import liveEvents from '../../plugins/live-events.ts'
import models from '../../plugins/models.ts'
import type { SessionRecord } from '../../src/sessions/session-record.ts'
import { settle } from '../fixtures/fake-clock.ts'
import { appStage, opened } from '../fixtures/app-stage.ts'

type Message = { type: 'sessions', sessions: SessionRecord[] } | { type: 'session', session: SessionRecord } | { type: 'dropped', id: string } | { type: 'models' }

/** A page that listens: `next()` is its next message. */
class Page {
  readonly socket: WebSocket
  readonly #messages: Message[] = []
  readonly #came = new EventEmitter()

  constructor (url: string) {
    this.socket = new WebSocket(url)
    this.socket.on('message', data => {
      this.#messages.push(JSON.parse(String(data)) as Message)
      this.#came.emit('message')
    })
  }

  async next (): Promise<Message> {
    if (this.#messages.length === 0) await once(this.#came, 'message')
    return this.#messages.shift() as Message
  }
}

async function liveStage (t: Test) {
  const stage = await appStage(t)
  const { app, clock } = stage
  const upgrades = new EventEmitter()
  await app.register(models, { modelDirs: [], uploadBytes: null, singleFile: false, clock })
  await app.register(liveEvents, { upgrades, clock })
  // What the WebSocket proxy does with upgrades that are meant for us.
  app.server.on('upgrade', (...upgrade) => upgrades.emit('upgrade', ...upgrade))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const url = `ws://127.0.0.1:${port}/api/events`
  const visit = () => {
    const page = new Page(url)
    t.teardown(() => { page.socket.terminate() })
    return page
  }
  return { ...stage, port, visit }
}

const handshake = (port: number) =>
  `GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`

t.test('a page is told every session first, then each change, then what was forgotten', async t => {
  const { app, launcher, clock, visit } = await liveStage(t)
  const before = await opened(app, { sessionToken: 's3cret', model: 'engine' })
  const page = visit()
  const first = await page.next()
  t.match(first, { type: 'sessions', sessions: [{ id: before.id, state: 'ready', port: before.port, model: 'engine', createdAt: /Z$/ }] })
  t.notMatch(JSON.stringify(first), /s3cret/)
  const later = await opened(app)
  for (const state of ['queued', 'starting', 'ready']) t.match(await page.next(), { type: 'session', session: { id: later.id, state } })
  launcher.exit(later.id, { code: 1 })
  t.match(await page.next(), { type: 'session', session: { id: later.id, state: 'failed', reason: 'crashed', exitCode: 1 } })
  app.spawner.report(before.id, { kind: 'ping', viewers: 1, idle: null })
  t.match(await page.next(), { type: 'session', session: { id: before.id, state: 'connected' } })
  await clock.advance(16_999)
  app.spawner.report(before.id, { kind: 'ping', viewers: 1, idle: null })
  app.spawner.report(before.id, { kind: 'disconnect', viewers: null, idle: null })
  t.match(await page.next(), { type: 'session', session: { id: before.id, state: 'draining', reason: 'client_closed' } })
  launcher.exit(before.id, { code: 0 })
  t.match(await page.next(), { type: 'session', session: { id: before.id, state: 'stopped' } })
  await clock.advance(600_000)
  t.same([await page.next(), await page.next()], [{ type: 'dropped', id: later.id }, { type: 'dropped', id: before.id }])
})

t.test('every page is told', async t => {
  const { app, visit } = await liveStage(t)
  const pages = [visit(), visit(), visit()]
  for (const page of pages) t.same(await page.next(), { type: 'sessions', sessions: [] })
  pages[0]?.socket.terminate()
  const { id } = await opened(app)
  for (const page of pages.slice(1)) t.match(await page.next(), { type: 'session', session: { id, state: 'queued' } })
})

t.test('a page that talks too much is dropped, and nothing else happens', async t => {
  const { app, visit } = await liveStage(t)
  const page = visit()
  await page.next()
  page.socket.send('hello')
  page.socket.on('error', () => {})
  page.socket.send('x'.repeat(2_000))
  const [code] = await once(page.socket, 'close')
  t.equal(code, 1009)
  const other = visit()
  t.match(await other.next(), { type: 'sessions' })
  await opened(app)
  t.match(await other.next(), { type: 'session' })
})

t.test('a page that does not read is dropped before much waits for it', async t => {
  const { app, port } = await liveStage(t)
  const dropped = once(app.server, 'upgrade').then(async ([, socket]) => {
    await new Promise(resolve => { (socket as Socket).once('close', resolve) })
  })
  const slow = connect(port, '127.0.0.1')
  slow.on('error', () => {})
  t.teardown(() => { slow.destroy() })
  slow.pause()
  slow.write(handshake(port))
  const { id } = await opened(app, { model: 'm'.repeat(4_000) })
  // Two messages of some 4 kB each a turn; the socket's own buffers take a few megabytes.
  const turn = async () => {
    for (let told = 0; told < 50; told++) {
      app.spawner.viewerCame(id)
      app.spawner.viewerAway(id)
    }
    return await Promise.race([dropped, settle().then(() => 'still there')])
  }
  let turns = 1
  while (turns < 200 && await turn() === 'still there') turns++
  t.ok(turns < 200, `dropped after ${turns} turns`)
})

t.test('a plain request is told that there is only a WebSocket', async t => {
  const { app } = await liveStage(t)
  const answer = await app.inject('/api/events')
  t.equal(answer.statusCode, 404)
})

t.test('closing says so to the pages', async t => {
  const { app, visit } = await liveStage(t)
  const page = visit()
  await page.next()
  const closed = once(page.socket, 'close')
  await app.close()
  const [code, reason] = await closed as [number, Buffer]
  t.equal(code, 1001)
  t.equal(String(reason), 'Slipway is shutting down')
})

t.test('closing does not wait for a page that never answers', async t => {
  const { app, clock, port } = await liveStage(t)
  const asleep = connect(port, '127.0.0.1')
  asleep.on('error', () => {})
  t.teardown(() => { asleep.destroy() })
  asleep.write(handshake(port))
  await once(asleep, 'data')
  asleep.pause()
  const closing = app.close()
  await clock.advance(1_000)
  await closing
  t.equal(clock.pending, 0)
})

t.test('a page is told when models have come or gone', async t => {
  const { app, visit } = await liveStage(t)
  const page = visit()
  t.match(await page.next(), { type: 'sessions' })
  app.modelList.emit('changed')
  t.same(await page.next(), { type: 'models' })
})
