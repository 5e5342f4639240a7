import { once } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import { ParkedSocket } from '../../src/tunnel/parked-socket.ts'
import { chance, doorstep, noise, receivedAll, type Teardown } from './sockets.ts'

const nothing = Buffer.alloc(0)

async function park (t: Teardown, head: Buffer = nothing): Promise<{ viewer: Socket, socket: Socket, parked: ParkedSocket }> {
  const [viewer, socket] = await (await doorstep(t)).call()
  return { viewer, socket, parked: new ParkedSocket(socket, head) }
}

async function heard (socket: Socket, length: number): Promise<void> {
  while (socket.bytesRead < length) await once(socket, 'data')
}

async function gone ({ gone }: ParkedSocket): Promise<unknown> {
  if (!gone.aborted) await once(gone, 'abort')
  return gone.reason
}

t.test('what a viewer says too early is kept, in order, for whoever takes it', async t => {
  const all = noise(60_000, chance(1))
  const { viewer, socket, parked } = await park(t, all.subarray(0, 1_000))
  viewer.write(all.subarray(1_000, 20_000))
  await heard(socket, 19_000)
  viewer.end(all.subarray(20_000, 40_000))
  await heard(socket, 39_000)
  const taken = parked.take()
  t.ok(taken)
  const rest = taken === undefined ? nothing : await receivedAll(taken.socket)
  t.ok(Buffer.concat([taken?.early ?? nothing, rest]).equals(all.subarray(0, 40_000)))
})

t.test('what arrives while the socket changes hands waits for its new owner', async t => {
  const all = noise(16_000, chance(9))
  const { viewer, socket, parked } = await park(t)
  viewer.write(all.subarray(0, 8_000))
  await heard(socket, 8_000)
  const taken = parked.take()
  viewer.end(all.subarray(8_000))
  while (socket.bytesRead < all.length) await new Promise(resolve => { setImmediate(resolve) })
  t.ok(Buffer.concat([taken?.early ?? nothing, await receivedAll(socket)]).equals(all))
})

t.test('a socket is handed over exactly once', async t => {
  const { socket, parked } = await park(t)
  t.equal(parked.take()?.socket, socket)
  t.equal(parked.take(), undefined)
  parked.destroy()
  t.notOk(socket.destroyed, 'it is somebody else’s now')
})

t.test('a viewer that closes its window while it waits is noticed', async t => {
  const { viewer, socket, parked } = await park(t)
  viewer.end()
  t.equal(await gone(parked), 'closed')
  t.ok(socket.destroyed)
  t.equal(parked.take(), undefined)
})

t.test('a viewer that resets while it waits is noticed and harms nobody', async t => {
  const { viewer, socket, parked } = await park(t)
  viewer.resetAndDestroy()
  t.equal(await gone(parked), 'reset')
  t.ok(socket.destroyed)
})

t.test('a reset after the hand-over is the new owner’s business and still no uncaught error', async t => {
  const { viewer, socket, parked } = await park(t)
  parked.take()
  socket.resume()
  viewer.resetAndDestroy()
  await new Promise<void>(resolve => { socket.once('close', () => resolve()) })
  t.notOk(parked.gone.aborted)
})

t.test('a viewer that talks without end before it is let in is dropped', async t => {
  const { viewer, socket, parked } = await park(t)
  viewer.write(Buffer.alloc(1_000_000))
  t.equal(await gone(parked), 'overflow')
  t.ok(socket.destroyed)
})

t.test('a socket that was dead on arrival is gone at once', async t => {
  const [, socket] = await (await doorstep(t)).call()
  socket.destroy()
  const parked = new ParkedSocket(socket, nothing)
  t.ok(parked.gone.aborted)
  t.equal(parked.take(), undefined)
})

t.test('destroying a parked socket closes it and can be repeated', async t => {
  const { viewer, socket, parked } = await park(t)
  parked.destroy()
  parked.destroy()
  t.ok(socket.destroyed)
  t.equal((await receivedAll(viewer)).length, 0)
})
