import { once } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import { chance, closedSocket, joined, noise, received, receivedAll, sayInChunks } from './sockets.ts'

t.test('every byte arrives, both ways at once, however it was cut', async t => {
  const { viewer, streamServer, tunnel } = await joined(t)
  const draw = chance(7)
  const down = noise(3_000_000, draw)
  const up = noise(700_000, draw)
  const [, , seenBelow, seenAbove] = await Promise.all([
    sayInChunks(streamServer, down, draw, 200_000),
    sayInChunks(viewer, up, draw, 3_000),
    received(viewer, down.length),
    received(streamServer, up.length)
  ])
  t.ok(seenBelow.equals(down), 'stream server to viewer')
  t.ok(seenAbove.equals(up), 'viewer to stream server')
  t.equal(tunnel.bytesToViewer, down.length)
  t.equal(tunnel.bytesFromViewer, up.length)
})

t.test('bursts of 64 KB to 1 MB arrive whole', async t => {
  const { viewer, streamServer } = await joined(t)
  const draw = chance(11)
  for (const size of [65_535, 65_536, 65_537, 262_144, 1_048_576]) {
    const burst = noise(size, draw)
    streamServer.write(burst)
    t.ok((await received(viewer, size)).equals(burst), `${size} bytes`)
  }
})

t.test('a viewer that stops reading stops the stream server, and misses nothing', async t => {
  const { viewer, viewerSide, streamServer, tunnel } = await joined(t)
  const block = noise(1_048_576, chance(3))
  const blocks = 48
  viewer.pause()
  for (let i = 0; i < blocks; i++) streamServer.write(block)

  let seen = -1
  for (let still = 0; still < 500;) {
    await new Promise(resolve => { setImmediate(resolve) })
    still = tunnel.bytesToViewer === seen && viewerSide.writableLength > 0 ? still + 1 : 0
    seen = tunnel.bytesToViewer
  }
  t.ok(viewerSide.writableLength <= 65_536, `one buffer waits in user space: ${viewerSide.writableLength}`)
  t.ok(tunnel.bytesToViewer < blocks * block.length / 2, `reading has stopped after ${tunnel.bytesToViewer}`)

  for (let i = 0; i < blocks; i++) {
    if (!(await received(viewer, block.length)).equals(block)) t.fail(`block ${i} differs`)
  }
  t.equal(tunnel.bytesToViewer, blocks * block.length)
})

t.test('a stream server that stops reading stops the viewer, and misses nothing', async t => {
  const { viewer, viewerSide, streamServer, tunnel } = await joined(t)
  const all = noise(24 * 1_048_576, chance(5))
  viewer.write(all)
  for (let still = 0, seen = -1; still < 500;) {
    await new Promise(resolve => { setImmediate(resolve) })
    still = tunnel.bytesFromViewer === seen && viewerSide.isPaused() ? still + 1 : 0
    seen = tunnel.bytesFromViewer
  }
  t.ok(tunnel.bytesFromViewer < all.length, `reading has stopped after ${tunnel.bytesFromViewer}`)
  t.ok((await received(streamServer, all.length)).equals(all))
})

t.test('when the stream server says its last word the viewer hears all of it, and may still answer', async t => {
  const { viewer, streamServer, tunnel } = await joined(t)
  const last = noise(2_000_000, chance(1))
  streamServer.end(last)
  t.ok((await receivedAll(viewer)).equals(last))
  viewer.end('one more thing')
  t.equal((await receivedAll(streamServer)).toString(), 'one more thing')
  t.same(await tunnel.closed, { bytesToViewer: last.length, bytesFromViewer: 14, cause: 'streamServerClosed' })
})

t.test('when the viewer says its last word the stream server may still finish its sentence', async t => {
  const { viewer, streamServer, tunnel } = await joined(t)
  viewer.end('bye')
  t.equal((await receivedAll(streamServer)).toString(), 'bye')
  const last = noise(2_000_000, chance(2))
  streamServer.end(last)
  t.ok((await receivedAll(viewer)).equals(last))
  t.same(await tunnel.closed, { bytesToViewer: last.length, bytesFromViewer: 3, cause: 'viewerClosed' })
})

t.test('a half-closed tunnel stays while bytes move and goes when they stop', async t => {
  const { viewer, streamServer, tunnel, clock } = await joined(t)
  viewer.end()
  await receivedAll(streamServer)
  streamServer.write('still talking')
  await received(viewer, 13)
  clock.step(30_000)
  t.notOk(viewer.destroyed, 'bytes moved')
  clock.step(30_000)
  t.equal((await tunnel.closed).cause, 'viewerClosed')
  t.equal(clock.waiting, 0)
})

t.test('a viewer that resets takes its stream server connection along', async t => {
  const { viewer, streamServer, tunnel, clock } = await joined(t)
  streamServer.resume()
  viewer.resetAndDestroy()
  await closedOrEnded(streamServer)
  t.equal((await tunnel.closed).cause, 'viewerReset')
  t.equal(clock.waiting, 0)
})

t.test('a stream server that resets takes its viewer along', async t => {
  const { viewer, streamServer, tunnel } = await joined(t)
  viewer.resume()
  streamServer.resetAndDestroy()
  await closedOrEnded(viewer)
  t.equal((await tunnel.closed).cause, 'streamServerReset')
})

t.test('a viewer that resets while tens of megabytes wait for it is noticed', async t => {
  const { viewer, viewerSide, streamServer, tunnel } = await joined(t)
  const block = Buffer.alloc(1_048_576)
  for (let i = 0; i < 32; i++) streamServer.write(block)
  while (viewerSide.writableLength === 0) await new Promise(resolve => { setImmediate(resolve) })
  viewer.resetAndDestroy()
  t.equal((await tunnel.closed).cause, 'viewerReset')
  t.ok(viewerSide.destroyed)
})

t.test('destroying a tunnel closes both sides at once and can be repeated', async t => {
  const { viewer, streamServer, tunnel } = await joined(t)
  viewer.resume()
  streamServer.resume()
  tunnel.destroy()
  tunnel.destroy()
  t.equal((await tunnel.closed).cause, 'ended')
  await Promise.all([closedOrEnded(viewer), closedOrEnded(streamServer)])
})

async function closedOrEnded (socket: Socket): Promise<void> {
  if (socket.readableEnded || socket.closed) return
  await Promise.race([once(socket, 'end'), closedSocket(socket)])
}
