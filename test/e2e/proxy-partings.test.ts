import { once } from 'node:events'
import t from 'tap'
import type { SessionRecord } from '../../src/sessions/session-record.ts'
import { isAlive, processesWithArgument } from '../fixtures/leak-check.ts'
import { comesTrue, startSlipway, type Slipway } from '../fixtures/slipway.ts'
import { asking, stopSession } from './support/requests.ts'
import { RawViewer, textFrame, upgradeRequest } from './support/raw-viewer.ts'
import { SessionFeed } from './support/session-feed.ts'

const slipway = await startSlipway(t)
const feed = await SessionFeed.open(t, slipway)
const slow = await startSlipway(t, {}, { mode: 'slow-ready-10000' })
const slowFeed = await SessionFeed.open(t, slow)

/** The next session's record in this state. */
async function nextSession (feed: SessionFeed, state: SessionRecord['state'], known = feed.history.length): Promise<SessionRecord> {
  return await feed.until(`a session ${state}`, record => feed.history.indexOf(record) >= known && record.state === state)
}

async function visit () {
  const viewer = await RawViewer.connect(t, slipway.port)
  const connected = nextSession(feed, 'connected')
  viewer.say(upgradeRequest())
  t.match(await viewer.head(), /^HTTP\/1.1 101 /)
  return { viewer, session: await connected }
}

async function tunnels ({ url }: Slipway): Promise<number> {
  return Number(/^slipway_tunnel_connections (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1])
}

for (const [how, leave] of [
  ['hangs up', viewer => { viewer.socket.destroy() }],
  ['breaks off', viewer => { viewer.socket.resetAndDestroy() }],
  ['closes its half', viewer => { viewer.socket.end() }],
  ['does not stop talking', viewer => { viewer.say(Buffer.alloc(100_000)) }]
] as [string, (viewer: RawViewer) => void][]) {
  t.test(`a viewer that ${how} while its stream server starts: the start is cancelled`, async t => {
    const viewer = await RawViewer.connect(t, slow.port)
    const starting = nextSession(slowFeed, 'starting')
    viewer.say(upgradeRequest())
    const { id } = await starting
    leave(viewer)
    t.match(await slowFeed.end(id), { state: 'stopped', reason: 'client_closed' })
    t.notOk(slowFeed.states(id).includes('ready'))
    t.same(processesWithArgument(id), [])
    t.equal(await viewer.rest(), '')
    t.match((await asking(`${slow.url}/api/status`)).body, { usedSpawnPorts: 0 })
  })
}

for (const [how, leave] of [
  ['hangs up', viewer => { viewer.socket.destroy() }],
  ['breaks off', viewer => { viewer.socket.resetAndDestroy() }],
  ['closes its half', viewer => { viewer.socket.end() }]
] as [string, (viewer: RawViewer) => void][]) {
  t.test(`a viewer that ${how}: its session ends`, async t => {
    const { viewer, session: { id, pid } } = await visit()
    viewer.say(textFrame('hello'))
    t.match(await viewer.frame(), { opcode: 1, payload: Buffer.from('hello') })
    leave(viewer)
    t.match(await feed.end(id), { state: 'stopped', reason: 'client_closed' })
    t.notOk(isAlive(pid ?? 0))
    await comesTrue('no tunnel is left', async () => await tunnels(slipway) === 0)
  })
}

t.test('a stream server that is killed: its viewer is told by the end of the connection', async t => {
  const { viewer, session: { id, pid } } = await visit()
  const over = once(viewer.socket, 'close')
  viewer.socket.allowHalfOpen = false
  process.kill(pid ?? 0, 'SIGKILL')
  t.match(await feed.end(id), { state: 'failed', reason: 'killed_by_signal', signal: 'SIGKILL' })
  await viewer.rest()
  viewer.socket.end()
  await over
  await comesTrue('no tunnel is left', async () => await tunnels(slipway) === 0)
})

t.test('a session that is stopped: its viewer is told by the end of the connection', async t => {
  const { viewer, session: { id } } = await visit()
  t.match((await stopSession(slipway, id)).body, { state: 'stopped', reason: 'admin' })
  t.equal(await viewer.rest(), '')
})

t.test('a viewer that does not read cannot keep a dead stream server’s tunnel', async t => {
  const { viewer, session: { id, pid } } = await visit()
  viewer.socket.pause()
  const frame = Buffer.concat([Buffer.of(0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4), Buffer.alloc(0x10_00_00)])
  // Echoes pile up until every buffer on the way is full and nobody reads any more.
  for (let i = 0; i < 64 && viewer.socket.writableLength < 4 * frame.length; i++) viewer.say(frame)
  await comesTrue('bytes wait for the viewer', async () => /tunnel_bytes_total\{direction="to_viewer"\} [1-9]\d{5}/.test(await (await fetch(`${slipway.url}/metrics`)).text()))
  process.kill(pid ?? 0, 'SIGKILL')
  t.match(await feed.end(id), { state: 'failed', reason: 'killed_by_signal' })
  await comesTrue('the tunnel is gone', async () => await tunnels(slipway) === 0)
})
