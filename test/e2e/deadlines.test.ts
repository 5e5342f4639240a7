import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { isAlive, processesWithArgument } from '../fixtures/leak-check.ts'
import { startSlipway } from '../fixtures/slipway.ts'
import { asking, askForViewer, openViewer, session } from './support/requests.ts'
import { parted, RawViewer, upgradeRequest } from './support/raw-viewer.ts'
import { SessionFeed } from './support/session-feed.ts'

t.test('a stream server that is never ready is stopped, and the caller told', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_START_TIMEOUT: '1' })
  const feed = await SessionFeed.open(t, slipway)
  const { status, body } = await askForViewer(slipway, { model: 'mode-never-ready' })
  t.equal(status, 500)
  t.match(body, { status: 'failed', reason: 'the stream server was not ready within 1 s', code: 'start_timeout' })
  const { id, pid } = await feed.until('the end', ({ endedAt }) => endedAt !== null)
  t.match(await session(slipway, id), { state: 'failed', reason: 'start_timeout' })
  t.notOk(isAlive(pid ?? 0))
  t.match((await asking(`${slipway.url}/api/status`)).body, { usedSpawnPorts: 0 })
})

t.test('a stream server that falls silent is stopped', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_PING_INTERVAL: '0.2', SLIPWAY_PING_TIMEOUT: '1' })
  const feed = await SessionFeed.open(t, slipway)
  const { serviceId } = await openViewer(slipway, { model: 'mode-silent-after-ready' })
  t.match(await feed.end(serviceId), { state: 'failed', reason: 'ping_timeout' })
})

t.test('a stream server that hangs with its viewer on it is killed', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_PING_INTERVAL: '0.3', SLIPWAY_PING_TIMEOUT: '2', SLIPWAY_KILL_STEP: '0.3' })
  const feed = await SessionFeed.open(t, slipway)
  const viewer = new WebSocket(`ws://127.0.0.1:${slipway.port}`)
  const closed = parted(viewer)
  await once(viewer, 'open')
  const { id, pid } = await feed.until('connected', ({ state }) => state === 'connected')
  process.kill(pid ?? 0, 'SIGSTOP')
  t.match(await feed.end(id), { state: 'failed', reason: 'ping_timeout', signal: 'SIGKILL' })
  await closed
})

t.test('a viewer that never comes, and one that comes without a proxy', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_FIRST_CONNECT_TIMEOUT: '1' })
  const feed = await SessionFeed.open(t, slipway)
  const absent = await openViewer(slipway)
  const present = await openViewer(slipway)
  const viewer = new WebSocket(present.endpoints.ws)
  await once(viewer, 'open')
  t.match(await feed.end(absent.serviceId), { state: 'stopped', reason: 'first_connect_timeout' })
  await feed.state(present.serviceId, 'connected')
  viewer.close()
  t.match(await feed.end(present.serviceId), { state: 'stopped', reason: 'client_closed' })
})

t.test('a session is given no longer than its longest life, and its record no longer than it is kept', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_MAX_LIFETIME: '1', SLIPWAY_KEEP_ENDED: '0' })
  const feed = await SessionFeed.open(t, slipway)
  const viewer = new WebSocket(`ws://127.0.0.1:${slipway.port}`)
  await parted(viewer)
  const { id, state, reason } = await feed.until('the end', ({ endedAt }) => endedAt !== null)
  t.match({ state, reason }, { state: 'stopped', reason: 'max_lifetime' })
  t.equal((await asking(`${slipway.url}/api/spawns/${id}`)).status, 404)
})

t.test('a viewer that says nothing is idle, however much its stream server says, where the request asked for a limit', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_PING_INTERVAL: '0.2', SLIPWAY_PING_TIMEOUT: '5' })
  const feed = await SessionFeed.open(t, slipway)
  const viewer = new WebSocket(`ws://127.0.0.1:${slipway.port}/?limits.idleTimeout=1.5`)
  const closed = parted(viewer)
  await once(viewer, 'open')
  const { id } = await feed.until('connected', ({ state }) => state === 'connected')
  // A library's pings and pongs are nobody's input.
  const pinging = setInterval(() => { viewer.ping() }, 100)
  t.teardown(() => { clearInterval(pinging) })
  t.match(await feed.end(id), { state: 'stopped', reason: 'idle_timeout' })
  await closed
})

t.test('a limit that is none is refused with what was expected, whichever way it comes', async t => {
  const slipway = await startSlipway(t)
  const { status, body } = await askForViewer(slipway, { limits: { startTimeout: 31, lifetime: 5 } })
  t.equal(status, 400)
  t.match(body, { reason: 'params.limits.startTimeout: expected from 0.1 to 30 s; params.limits.lifetime: there is no such limit; expected startTimeout, firstConnectTimeout, pingTimeout, idleTimeout, maxLifetime' })
  const form = await asking(`${slipway.url}/api/spawn`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'params[limits][maxLifetime]=soon' })
  t.match(form, { status: 400, body: { reason: 'params.limits.maxLifetime: expected at least 1 s, or 0 for no limit' } })
  const viewer = await RawViewer.connect(t, slipway.port)
  viewer.say(upgradeRequest('/?limits.pingTimeout=600'))
  t.match(await viewer.head(), /^HTTP\/1\.1 400 /)
  t.match(await viewer.rest(), /"reason":"limits\.pingTimeout: expected from 1 to 17 s","code":"bad_request"/)
  t.match((await asking(`${slipway.url}/api/status`)).body, { usedSpawnPorts: 0 })
})

t.test('no more stream servers are started at a time than may be', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_MAX_STARTS: '1' })
  const feed = await SessionFeed.open(t, slipway)
  const slow = askForViewer(slipway, { model: 'mode-slow-ready-300' })
  await feed.until('starting', ({ state }) => state === 'starting')
  const refused = await askForViewer(slipway)
  t.match(refused, { status: 503, body: { status: 'failed', code: 'too_many_starts', retryAfter: 5 } })
  t.equal(refused.headers.get('retry-after'), '5')
  t.equal((await slow).status, 200)
  t.equal((await askForViewer(slipway)).status, 200)
})

t.test('a caller that hangs up before its viewer is ready leaves no session', async t => {
  const slipway = await startSlipway(t)
  const feed = await SessionFeed.open(t, slipway)
  const caller = new AbortController()
  const asked = askForViewer(slipway, { model: 'mode-slow-ready-10000' }, caller.signal)
  const { id } = await feed.until('starting', ({ state }) => state === 'starting')
  caller.abort()
  await t.rejects(asked)
  t.match(await feed.end(id), { state: 'stopped', reason: 'client_closed' })
  t.notOk(feed.states(id).includes('ready'))
  t.same(processesWithArgument(id), [])
})
