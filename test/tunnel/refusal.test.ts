import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import t from 'tap'
import { WebSocket } from 'ws'
import { closeFrame } from '../../src/tunnel/close-frame.ts'
import { refusals, refuse, wantsCloseFrame, type Refusal } from '../../src/tunnel/refusal.ts'
import { readUpgrade } from '../../src/tunnel/upgrade-request.ts'
import { closedSocket, doorstep, listening, receivedAll, SteppedClock, type Teardown } from './sockets.ts'

/** A door that lets nobody in. */
async function closedDoor (t: Teardown, refusal: Refusal, clock = new SteppedClock()): Promise<number> {
  const server = createServer()
  server.on('upgrade', (request, socket) => {
    const reading = readUpgrade(request)
    const upgrade = reading.status === 'valid' ? reading.upgrade : undefined
    refuse(socket as Socket, refusal, { acceptThenClose: wantsCloseFrame(request), key: upgrade?.key, protocol: upgrade?.protocols[0] }, clock)
  })
  return await listening(t, server)
}

const codes = Object.keys(refusals) as Refusal['code'][]

t.test('a program reads an HTTP status and a JSON body', async t => {
  for (const code of codes) {
    const clock = new SteppedClock()
    const port = await closedDoor(t, { code, reason: `why: ${code} ☂`, retryAfter: 4.2, place: 3 }, clock)
    const [reply] = await once(get({ port, host: '127.0.0.1', headers: { Connection: 'Upgrade', Upgrade: 'websocket' } }), 'response') as [IncomingMessage]
    let body = ''
    for await (const chunk of reply.setEncoding('utf8')) body += chunk
    t.equal(reply.statusCode, refusals[code].http)
    t.match(reply.headers, { 'content-type': 'application/json', 'retry-after': '5', connection: 'close', 'content-length': String(Buffer.byteLength(body)) })
    t.same(JSON.parse(body), { status: 'failed', reason: `why: ${code} ☂`, code, retryAfter: 5, place: 3 })
    await closedSocket(reply.socket)
  }
})

t.test('a WebSocket client without Origin reads the HTTP status too', async t => {
  const port = await closedDoor(t, { code: 'full', reason: 'No ports available' })
  const client = new WebSocket(`ws://127.0.0.1:${port}/`).on('error', () => {})
  const [, reply] = await once(client, 'unexpected-response') as [unknown, IncomingMessage]
  t.equal(reply.statusCode, 503)
  t.equal(reply.headers['retry-after'], undefined)
  reply.resume()
  await once(reply, 'end')
})

t.test('a browser is let in and told code and reason at once', async t => {
  for (const code of codes) {
    const clock = new SteppedClock()
    const port = await closedDoor(t, { code, reason: 'why' }, clock)
    const client = new WebSocket(`ws://127.0.0.1:${port}/`, { origin: 'http://cad.example' })
    const [status, reason] = await once(client, 'close') as [number, Buffer]
    t.equal(status, refusals[code].close)
    t.same(JSON.parse(reason.toString()), { code, reason: 'why' })
  }
})

t.test('a browser that asked for a sub-protocol is given one, or it would hear nothing', async t => {
  const port = await closedDoor(t, { code: 'full', reason: 'No ports available' })
  const client = new WebSocket(`ws://127.0.0.1:${port}/`, ['binary', 'base64'], { origin: 'http://cad.example' })
  const [status] = await once(client, 'close') as [number]
  t.equal(status, 1013)
  t.equal(client.protocol, 'binary')
})

t.test('without a usable key even a browser gets HTTP', async t => {
  const port = await closedDoor(t, { code: 'bad_request', reason: 'Sec-WebSocket-Key must be 16 bytes in base64' })
  const request = get({ port, host: '127.0.0.1', headers: { Connection: 'Upgrade', Upgrade: 'websocket', Origin: 'http://cad.example' } })
  const [reply] = await once(request, 'response') as [IncomingMessage]
  t.equal(reply.statusCode, 400)
  reply.resume()
  await once(reply, 'end')
})

t.test('a close reason never exceeds 123 bytes and is always valid JSON and UTF-8', async t => {
  const texts = ['', 'short', 'x'.repeat(500), 'ä'.repeat(200), '☂'.repeat(200), '😀'.repeat(200), '"\\\n'.repeat(200), '\ud800'.repeat(200), `${'a'.repeat(90)}😀b`]
  for (const text of texts) {
    for (const code of codes) {
      const frame = closeFrame(refusals[code].close, { code, reason: text })
      const said = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame.subarray(4))) as { code: string, reason: string }
      const ok = frame.length <= 4 + 123 && frame[0] === 0x88 && frame[1] === frame.length - 2 && said.code === code && text.startsWith(said.reason)
      if (!ok) t.fail(`${code}: ${text.slice(0, 10)}`)
      if (text.length > 123 && frame.length < 4 + 123 - 12) t.fail(`${code}: cut too short: ${frame.length}`)
    }
  }
  t.same(closeFrame(1013, { code: 'full', reason: 'x' }).subarray(0, 4), Buffer.from([0x88, 30, 0x03, 0xf5]))
})

t.test('a refused peer that keeps its end open is dropped after two seconds', async t => {
  const clock = new SteppedClock()
  const [viewer, socket] = await (await doorstep(t)).call()
  refuse(socket, { code: 'gone', reason: 'late' }, { acceptThenClose: false }, clock)
  t.match((await receivedAll(viewer)).toString(), /^HTTP\/1\.1 410 Gone\r\n/)
  clock.step(1_999)
  t.notOk(socket.destroyed)
  clock.step(1)
  t.ok(socket.destroyed)
  await closedSocket(socket)
  t.equal(clock.waiting, 0)
})

t.test('a refused peer that closes its end frees everything at once', async t => {
  const clock = new SteppedClock()
  const [viewer, socket] = await (await doorstep(t)).call()
  viewer.end('unread words')
  refuse(socket, { code: 'full', reason: 'x' }, { acceptThenClose: false }, clock)
  t.match((await receivedAll(viewer)).toString(), /^HTTP\/1\.1 503 Service Unavailable\r\n/)
  await closedSocket(socket)
  t.equal(clock.waiting, 0)
})

t.test('a peer that resets during its refusal harms nobody', async t => {
  const clock = new SteppedClock()
  const [viewer, socket] = await (await doorstep(t)).call()
  refuse(socket, { code: 'full', reason: 'x' }, { acceptThenClose: false }, clock)
  viewer.resetAndDestroy()
  await closedSocket(socket)
  t.equal(clock.waiting, 0)
})

t.test('refusing a dead socket does nothing', async t => {
  const clock = new SteppedClock()
  const [, socket] = await (await doorstep(t)).call()
  socket.destroy()
  refuse(socket, { code: 'full', reason: 'x' }, { acceptThenClose: true, key: 'dGhlIHNhbXBsZSBub25jZQ==' }, clock)
  await closedSocket(socket)
  refuse(socket, { code: 'full', reason: 'x' }, { acceptThenClose: false }, clock)
  t.equal(clock.waiting, 0)
})
