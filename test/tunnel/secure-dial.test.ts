import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { dial } from '../../src/tunnel/dial.ts'
import { ParkedSocket } from '../../src/tunnel/parked-socket.ts'
import { certificates, withoutOpenssl } from '../fixtures/certificates.ts'
import { doorstep, listening, opening, received, receivedAll, SteppedClock } from './sockets.ts'

/** A stream server that speaks TLS and a viewer that waits for it. */
async function stage (t: Test) {
  const { files, fingerprint, issue } = certificates(t)
  const arrived: TLSSocket[] = []
  const server = createServer({ cert: readFileSync(files.certificateFile), key: readFileSync(files.keyFile), allowHalfOpen: true }, socket => { arrived.push(socket.on('error', () => {})) })
  const port = await listening(t, server)
  t.teardown(() => { for (const socket of arrived) socket.destroy() })
  const [viewer, socket] = await (await doorstep(t)).call()
  const parked = new ParkedSocket(socket, Buffer.from('early'))
  const clock = new SteppedClock()
  const call = async (knows: (fingerprint: string) => boolean) => {
    const result = await dial(parked, { host: '127.0.0.1', port, opening, timeout: 1_000, clock, knows })
    if (result.status === 'joined') t.teardown(() => { result.tunnel.destroy() })
    return result
  }
  const accepted = async () => arrived[0] ?? (await once(server, 'secureConnection') as [TLSSocket])[0]
  return { viewer, parked, clock, call, accepted, arrived, fingerprint, issue }
}

t.test('bytes pass both ways through a stream server\'s TLS, and goodbyes too', withoutOpenssl, async t => {
  const { viewer, call, accepted, fingerprint } = await stage(t)
  const result = await call(told => told === fingerprint)
  if (result.status !== 'joined') throw new Error(JSON.stringify(result))
  const streamServer = await accepted()
  t.equal(String(await received(streamServer, opening.length + 5)), `${opening.toString()}early`)
  const much = Buffer.alloc(5_000_000, 'x')
  streamServer.end(much)
  t.ok((await receivedAll(viewer)).equals(much))
  streamServer.resume()
  viewer.end('the last word')
  await once(streamServer, 'end')
  t.same(await result.tunnel.closed, { bytesToViewer: much.length, bytesFromViewer: 18, cause: 'streamServerClosed' })
})

t.test('a viewer that does not read holds the stream server up', withoutOpenssl, async t => {
  const { viewer, call, accepted } = await stage(t)
  viewer.pause()
  const result = await call(() => true)
  if (result.status !== 'joined') throw new Error(result.status)
  const streamServer = await accepted()
  const chunk = Buffer.alloc(1_000_000)
  for (let i = 0; i < 100; i++) streamServer.write(chunk)
  for (let still = 0, seen = -1; still < 500;) {
    await new Promise(resolve => { setImmediate(resolve) })
    still = result.tunnel.bytesToViewer === seen && seen > 0 ? still + 1 : 0
    seen = result.tunnel.bytesToViewer
  }
  t.ok(result.tunnel.bytesToViewer < 60_000_000, `${result.tunnel.bytesToViewer} bytes were taken before it had to wait`)
  t.ok(streamServer.writableLength > 40_000_000, 'the rest waits at the stream server')
})

t.test('a stream server with another certificate hears nothing, and the viewer is left unspoilt', withoutOpenssl, async t => {
  const { viewer, parked, clock, call, arrived, issue } = await stage(t)
  const other = issue('other')
  const result = await call(told => told === other)
  t.match(result, { status: 'unreachable', message: /^127\.0\.0\.1:\d+ presents a certificate that is not ours$/ })
  t.equal(clock.waiting, 0)
  parked.take()?.socket.end('sorry')
  t.equal(String(await receivedAll(viewer)), 'sorry')
  t.equal(arrived[0]?.read() ?? null, null)
})

t.test('a stream server that speaks no TLS is unreachable', async t => {
  const back = await doorstep(t)
  const [, socket] = await (await doorstep(t)).call()
  const dialled = dial(new ParkedSocket(socket, Buffer.alloc(0)), { host: '127.0.0.1', port: back.port, opening, timeout: 1_000, clock: new SteppedClock(), knows: () => true })
  ;(await back.accept()).end('HTTP/1.1 200 OK\r\n\r\n')
  t.match(await dialled, { status: 'unreachable' })
})
