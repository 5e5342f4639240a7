import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import type { Carrier } from '../../src/tunnel/carrier.ts'
import { dial, type Call } from '../../src/tunnel/dial.ts'
import { ParkedSocket } from '../../src/tunnel/parked-socket.ts'
import { comesTrue, tunnelForms } from './forms.ts'
import { closedSocket, doorstep, joined, opening, received, receivedAll, SteppedClock } from './sockets.ts'

const call = (port: number, carrier: Carrier | undefined, clock = new SteppedClock()): Call => ({ host: '127.0.0.1', port, opening, timeout: 1_000, clock, carrier })

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

for (const { name, carrier } of await tunnelForms(t)) {
  t.test(`${name}: the stream server reads the upgrade request first and the early bytes behind it`, async t => {
    const back = await doorstep(t)
    const [, socket] = await (await doorstep(t)).call()
    const result = await dial(new ParkedSocket(socket, Buffer.from('early')), call(back.port, carrier))
    t.equal(result.status, 'joined')
    t.equal((await received(await back.accept(), opening.length + 5)).toString(), `${opening.toString()}early`)
    if (result.status === 'joined') {
      t.equal(result.tunnel.bytesFromViewer, 5)
      result.tunnel.destroy()
    }
  })

  t.test(`${name}: what the stream server says the moment it is reached arrives`, async t => {
    const greeter = createServer(socket => { socket.end('hello at once') })
    greeter.listen(0, '127.0.0.1')
    await once(greeter, 'listening')
    t.teardown(() => greeter.close())
    const front = await doorstep(t)
    for (let i = 0; i < 50; i++) {
      const [viewer, socket] = await front.call()
      const result = await dial(new ParkedSocket(socket, Buffer.alloc(0)), call((greeter.address() as AddressInfo).port, carrier))
      if (result.status !== 'joined') throw new Error(result.status)
      const heard = (await receivedAll(viewer)).toString()
      t.equal(heard, 'hello at once')
      viewer.end()
      await result.tunnel.closed
    }
  })

  t.test(`${name}: a stream server that is not there leaves the viewer unspoilt`, async t => {
    const clock = new SteppedClock()
    const [viewer, socket] = await (await doorstep(t)).call()
    const parked = new ParkedSocket(socket, Buffer.alloc(0))
    const result = await dial(parked, call(await freePort(), carrier, clock))
    t.match(result, { status: 'unreachable', message: /ECONNREFUSED/ })
    t.equal(clock.waiting, 0)
    parked.take()?.socket.end('sorry')
    t.equal((await receivedAll(viewer)).toString(), 'sorry')
  })

  t.test(`${name}: a stream server that does not answer the call in time is unreachable`, async t => {
    const clock = new SteppedClock()
    const [, socket] = await (await doorstep(t)).call()
    const parked = new ParkedSocket(socket, Buffer.alloc(0))
    const dialled = dial(parked, call((await doorstep(t)).port, carrier, clock))
    // The clock strikes before the event loop turns, so before the connection is there.
    clock.step(1_000)
    t.match(await dialled, { status: 'unreachable', message: /within 1000 ms/ })
    t.ok(parked.take())
  })

  t.test(`${name}: a viewer that hangs up while we dial ends the call`, async t => {
    const clock = new SteppedClock()
    const [viewer, socket] = await (await doorstep(t)).call()
    const parked = new ParkedSocket(socket, Buffer.alloc(0))
    const dialled = dial(parked, call((await doorstep(t)).port, carrier, clock))
    parked.destroy()
    t.same(await dialled, { status: 'viewerGone' })
    t.same(await dial(parked, call(1, carrier, clock)), { status: 'viewerGone' })
    t.equal(clock.waiting, 0)
    await receivedAll(viewer)
  })

  t.test(`${name}: a viewer that resets while we dial is either dropped or joined and then closed`, async t => {
    const front = await doorstep(t)
    const back = await doorstep(t)
    for (let i = 0; i < 30; i++) {
      const [viewer, socket] = await front.call()
      const dialled = dial(new ParkedSocket(socket, Buffer.alloc(0)), call(back.port, carrier))
      viewer.resetAndDestroy()
      const result = await dialled
      t.not(result.status, 'unreachable')
      if (result.status === 'joined') await result.tunnel.closed
      await closedSocket(socket)
    }
  })

  t.test(`${name}: a stream server that resets before its 101 closes the viewer`, async t => {
    const back = await doorstep(t)
    const [viewer, socket] = await (await doorstep(t)).call()
    const result = await dial(new ParkedSocket(socket, Buffer.alloc(0)), call(back.port, carrier))
    if (result.status !== 'joined') throw new Error(result.status);
    (await back.accept()).resetAndDestroy()
    t.same(await result.tunnel.closed, { bytesToViewer: 0, bytesFromViewer: 0, cause: 'streamServerReset' })
    t.equal((await receivedAll(viewer)).length, 0)
  })

  t.test(`${name}: somebody who took the socket meanwhile keeps it`, async t => {
    const [, socket] = await (await doorstep(t)).call()
    const parked = new ParkedSocket(socket, Buffer.alloc(0))
    const dialled = dial(parked, call((await doorstep(t)).port, carrier))
    parked.take()
    t.same(await dialled, { status: 'viewerGone' })
    t.notOk(socket.destroyed)
  })

  t.test(`${name}: TCP asks both sides of a tunnel that is silent whether they are still there, half a minute after their last word`, { skip: process.platform === 'linux' ? false : 'only Linux tells' }, async t => {
    const { viewer, streamServer } = await joined(t, {}, carrier)
    viewer.write('up')
    streamServer.write('down')
    await Promise.all([received(streamServer, 2), received(viewer, 4)])
    for (const [who, { remotePort: ours, localPort: theirs }] of [['the viewer', viewer], ['the stream server', streamServer]] as const) {
      // The kernel's words: 01 is a repetition under way, 02 the keep-alive timer, then hundredths of a second.
      const timer = () => new RegExp(`^ *\\d+: 0100007F:${hex(ours)} 0100007F:${hex(theirs)} 01 \\S+ (\\d\\d):([0-9A-F]{8}) `, 'm').exec(readFileSync('/proc/net/tcp', 'latin1')) ?? []
      await comesTrue(() => timer()[1] !== '01')
      const [, kind, left = ''] = timer()
      t.equal(kind, '02', who)
      const seconds = parseInt(left, 16) / 100
      t.ok(seconds > 20 && seconds <= 30.1, `${seconds} s`)
    }
  })
}

const hex = (port = 0) => port.toString(16).toUpperCase().padStart(4, '0')
