import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { dial } from '../../src/tunnel/dial.ts'
import { ParkedSocket } from '../../src/tunnel/parked-socket.ts'
import { certificates, withoutOpenssl } from '../fixtures/certificates.ts'
import { comesTrue, tunnelForms } from './forms.ts'
import { closedSocket, doorstep, joined, opening, received, receivedAll, SteppedClock, type Joined, type Pair } from './sockets.ts'

const greeting = Buffer.from('HTTP/1.1 101 Switching Protocols\r\n\r\n')
const block = Buffer.alloc(1_048_576)
const sides = ['viewer', 'streamServer'] as const

/** Says blocks without end, as fast as the other side reads them. */
function talk (from: Socket, to: Socket): Promise<unknown> {
  const say = () => { while (!from.destroyed && from.write(block)); }
  from.on('drain', say)
  say()
  return received(to, 4 * block.length).then(() => to.resume())
}

/** How far a viewer and its stream server have come when one of them breaks off. */
const stages: [name: string, reach: (pair: Joined) => Promise<unknown>][] = [
  ['before the 101', async () => {}],
  ['with the 101 on its way', async ({ streamServer }) => streamServer.write(greeting)],
  ['after the 101', async ({ viewer, streamServer }) => {
    streamServer.write(greeting)
    await received(viewer, greeting.length)
  }],
  ['while a model flows to the viewer', ({ viewer, streamServer }) => talk(streamServer, viewer)],
  ['while the viewer uploads', ({ viewer, streamServer }) => talk(viewer, streamServer)],
  ['while both talk', ({ viewer, streamServer }) => Promise.all([talk(streamServer, viewer), talk(viewer, streamServer)])],
  ['after the viewer closed its half', async ({ viewer, streamServer }) => {
    viewer.end()
    await receivedAll(streamServer)
  }],
  ['after the stream server closed its half', async ({ viewer, streamServer }) => {
    streamServer.end()
    await receivedAll(viewer)
  }],
  ['after the viewer closed its half, while a model still flows', async ({ viewer, streamServer }) => {
    viewer.end()
    await receivedAll(streamServer)
    await talk(streamServer, viewer)
  }]
]

for (const { name, carrier } of await tunnelForms(t)) {
  for (const tls of [false, true]) {
    for (const side of sides) {
      const words = side === 'viewer' ? 'viewer' : 'stream server'
      t.test(`${name}: a ${words} that breaks off${tls ? ' by TLS' : ''} takes the other along, at every stage`, tls ? withoutOpenssl : {}, async t => {
        const pairs = tls ? secured(t) : {}
        for (const [stage, reach] of stages) {
          const pair = await joined(t, pairs, carrier)
          const { viewerSide, tunnel, clock } = pair
          const other = side === 'viewer' ? pair.streamServer : pair.viewer
          await reach(pair)
          if (tls) pair[side].destroy()
          else pair[side].resetAndDestroy()
          // Where bytes are unread Node may tell a reset as an end, and whoever hears an end says one.
          other.once('end', () => other.end()).resume()
          // Nobody hears of a reset behind a FIN until he says something; a silent pair goes by the clock.
          if (stage === `after the ${words} closed its half`) {
            let over = false
            void tunnel.closed.then(() => { over = true })
            await comesTrue(() => over || clock.waiting > 0)
            clock.step(30_000)
          }
          const { cause } = await tunnel.closed
          t.match(cause, stage.includes('half') ? /^(viewer|streamServer)(Closed|Reset)$/ : new RegExp(`^${side}(Closed|Reset)$`), stage)
          t.ok(viewerSide.destroyed, 'our side is closed')
          t.equal(clock.waiting, 0, 'no timer is left')
          await left(other)
          other.destroy()
        }
      })
    }
  }

  t.test(`${name}: both break off at the same moment`, async t => {
    for (let i = 0; i < 30; i++) {
      const { viewer, streamServer, tunnel, clock } = await joined(t, {}, carrier)
      streamServer.write(block)
      viewer.write(block)
      viewer.resetAndDestroy()
      streamServer.resetAndDestroy()
      t.match((await tunnel.closed).cause, /Reset$/)
      t.equal(clock.waiting, 0)
    }
  })

  t.test(`${name}: a stream server that breaks off while it is dialled is unreachable, or joined and closed`, async t => {
    for (let i = 0; i < 30; i++) {
      const back = await doorstep(t)
      const [viewer, socket] = await (await doorstep(t)).call()
      const parked = new ParkedSocket(socket, Buffer.alloc(0))
      const clock = new SteppedClock()
      const accepted = back.accept().then(streamServer => streamServer.resetAndDestroy())
      const result = await dial(parked, { host: '127.0.0.1', port: back.port, opening, timeout: 1_000, clock, carrier })
      await accepted
      if (result.status === 'joined') t.equal((await result.tunnel.closed).cause, 'streamServerReset')
      else parked.destroy()
      viewer.resume()
      await closedSocket(socket)
      t.equal(clock.waiting, 0)
    }
  })

  t.test(`${name}: a viewer that breaks off while it is parked is never dialled for`, async t => {
    const back = await doorstep(t)
    const [viewer, socket] = await (await doorstep(t)).call()
    const parked = new ParkedSocket(socket, Buffer.alloc(0))
    viewer.resetAndDestroy()
    await once(parked.gone, 'abort')
    t.match(await dial(parked, { host: '127.0.0.1', port: back.port, opening, timeout: 1_000, clock: new SteppedClock(), carrier }), { status: 'viewerGone' })
  })
}

function secured (t: Test): { viewer: Pair, streamServer: Pair } {
  const { files } = certificates(t)
  const pair = { cert: readFileSync(files.certificateFile), key: readFileSync(files.keyFile) }
  return { viewer: pair, streamServer: pair }
}

/** By a FIN or by a reset. */
async function left (socket: Socket): Promise<void> {
  if (!socket.readableEnded && !socket.closed) await new Promise<void>(resolve => { socket.once('end', () => resolve()).once('close', () => resolve()) })
}
