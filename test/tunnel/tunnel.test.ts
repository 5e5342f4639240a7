import { once } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import { largeBuffers } from '../../src/tunnel/large-buffers.ts'
import { comesTrue, standsStill, tunnelForms } from './forms.ts'
import { chance, closedSocket, joined, noise, received, receivedAll, sayInChunks } from './sockets.ts'

for (const { name, carrier } of await tunnelForms(t)) {
  t.test(`${name}: every byte arrives, both ways at once, however it was cut`, async t => {
    const { viewer, streamServer, tunnel } = await joined(t, {}, carrier)
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
    await comesTrue(() => tunnel.bytesToViewer === down.length && tunnel.bytesFromViewer === up.length)
  })

  t.test(`${name}: bursts of 64 KB to 1 MB arrive whole`, async t => {
    const { viewer, streamServer } = await joined(t, {}, carrier)
    const draw = chance(11)
    for (const size of [65_535, 65_536, 65_537, 262_144, 1_048_576]) {
      const burst = noise(size, draw)
      streamServer.write(burst)
      t.ok((await received(viewer, size)).equals(burst), `${size} bytes`)
    }
  })

  t.test(`${name}: a viewer that stops reading stops the stream server, and misses nothing`, async t => {
    const { viewer, viewerSide, streamServer, tunnel } = await joined(t, {}, carrier)
    const block = noise(1_048_576, chance(3))
    const blocks = 48
    viewer.pause()
    for (let i = 0; i < blocks; i++) streamServer.write(block)

    await standsStill(() => tunnel.bytesToViewer)
    t.ok(viewerSide.writableLength <= largeBuffers.size, `one buffer waits in user space: ${viewerSide.writableLength}`)
    t.ok(tunnel.bytesToViewer < blocks * block.length / 2, `reading has stopped after ${tunnel.bytesToViewer}`)

    for (let i = 0; i < blocks; i++) {
      if (!(await received(viewer, block.length)).equals(block)) t.fail(`block ${i} differs`)
    }
    await comesTrue(() => tunnel.bytesToViewer === blocks * block.length)
  })

  t.test(`${name}: a stream server that stops reading stops the viewer, and misses nothing`, async t => {
    const { viewer, streamServer, tunnel } = await joined(t, {}, carrier)
    const all = noise(24 * 1_048_576, chance(5))
    viewer.write(all)
    await standsStill(() => tunnel.bytesFromViewer)
    t.ok(tunnel.bytesFromViewer < all.length, `reading has stopped after ${tunnel.bytesFromViewer}`)
    t.ok((await received(streamServer, all.length)).equals(all))
  })

  t.test(`${name}: when the stream server says its last word the viewer hears all of it, and may still answer`, async t => {
    const { viewer, streamServer, tunnel } = await joined(t, {}, carrier)
    const last = noise(2_000_000, chance(1))
    streamServer.end(last)
    t.ok((await receivedAll(viewer)).equals(last))
    viewer.end('one more thing')
    t.equal((await receivedAll(streamServer)).toString(), 'one more thing')
    t.same(await tunnel.closed, { bytesToViewer: last.length, bytesFromViewer: 14, cause: 'streamServerClosed' })
  })

  t.test(`${name}: when the viewer says its last word the stream server may still finish its sentence`, async t => {
    const { viewer, streamServer, tunnel } = await joined(t, {}, carrier)
    viewer.end('bye')
    t.equal((await receivedAll(streamServer)).toString(), 'bye')
    const last = noise(2_000_000, chance(2))
    streamServer.end(last)
    t.ok((await receivedAll(viewer)).equals(last))
    t.same(await tunnel.closed, { bytesToViewer: last.length, bytesFromViewer: 3, cause: 'viewerClosed' })
  })

  t.test(`${name}: a half-closed tunnel stays while bytes move and goes when they stop`, async t => {
    const { viewer, streamServer, tunnel, clock } = await joined(t, {}, carrier)
    viewer.end()
    await receivedAll(streamServer)
    streamServer.write('still talking')
    await received(viewer, 13)
    await comesTrue(() => clock.waiting === 1 && tunnel.bytesToViewer === 13)
    clock.step(30_000)
    t.notOk(viewer.destroyed, 'bytes moved')
    clock.step(30_000)
    t.equal((await tunnel.closed).cause, 'viewerClosed')
    t.equal(clock.waiting, 0)
  })

  t.test(`${name}: a viewer that resets takes its stream server connection along`, async t => {
    const { viewer, streamServer, tunnel, clock } = await joined(t, {}, carrier)
    streamServer.resume()
    viewer.resetAndDestroy()
    await closedOrEnded(streamServer)
    t.equal((await tunnel.closed).cause, 'viewerReset')
    t.equal(clock.waiting, 0)
  })

  t.test(`${name}: a stream server that resets takes its viewer along`, async t => {
    const { viewer, streamServer, tunnel } = await joined(t, {}, carrier)
    viewer.resume()
    streamServer.resetAndDestroy()
    await closedOrEnded(viewer)
    t.equal((await tunnel.closed).cause, 'streamServerReset')
  })

  t.test(`${name}: a viewer that resets while tens of megabytes wait for it is noticed`, async t => {
    const { viewer, viewerSide, streamServer, tunnel } = await joined(t, {}, carrier)
    const block = Buffer.alloc(1_048_576)
    for (let i = 0; i < 32; i++) streamServer.write(block)
    await standsStill(() => tunnel.bytesToViewer)
    viewer.resetAndDestroy()
    t.equal((await tunnel.closed).cause, 'viewerReset')
    t.ok(viewerSide.destroyed)
  })

  t.test(`${name}: destroying a tunnel closes both sides at once and can be repeated`, async t => {
    const { viewer, streamServer, tunnel } = await joined(t, {}, carrier)
    viewer.resume()
    streamServer.resume()
    tunnel.destroy()
    tunnel.destroy()
    t.equal((await tunnel.closed).cause, 'ended')
    await Promise.all([closedOrEnded(viewer), closedOrEnded(streamServer)])
  })
}

async function closedOrEnded (socket: Socket): Promise<void> {
  if (socket.readableEnded || socket.closed) return
  await Promise.race([once(socket, 'end'), closedSocket(socket)])
}

t.test('when the stream server hangs up before its first byte the viewer can be answered, and only then', async t => {
  for (const how of ['end', 'resetAndDestroy'] as const) {
    const unheard = (socket: Socket) => { socket.end('instead of nothing') }
    const { viewer, streamServer, tunnel, clock } = await joined(t, { unheard })
    streamServer[how]()
    t.equal(String(await receivedAll(viewer)), 'instead of nothing', how)
    viewer.end()
    streamServer.destroy()
    t.match((await tunnel.closed).cause, /^streamServer/)
    t.equal(clock.waiting, 0)

    const begun = await joined(t, { unheard })
    begun.streamServer.write('HTTP/1.1 1')
    t.equal(String(await received(begun.viewer, 10)), 'HTTP/1.1 1')
    const rest = receivedAll(begun.viewer).catch(() => '')
    begun.viewer.on('error', () => {})
    begun.streamServer[how]()
    begun.viewer.once('end', () => { begun.viewer.end() })
    await begun.tunnel.closed
    t.equal(String(await Promise.race([rest, closedSocket(begun.viewer).then(() => '')])), '', 'nothing is put behind what it has said')

    const left = await joined(t, { unheard: () => { t.fail('nobody is there to be answered') } })
    left.viewer.destroy()
    left.streamServer.on('error', () => {}).once('end', () => { left.streamServer[how]() }).resume()
    await left.tunnel.closed
  }
})
