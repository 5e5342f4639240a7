import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { isAlive, processesWithArgument } from '../fixtures/leak-check.ts'
import { comesTrue, startSlipway, type Slipway } from '../fixtures/slipway.ts'
import { asking, askForViewer, openViewer } from './support/requests.ts'
import { RawViewer, parted, upgradeRequest } from './support/raw-viewer.ts'
import { SessionFeed } from './support/session-feed.ts'

async function visit ({ port }: Slipway): Promise<WebSocket> {
  const viewer = new WebSocket(`ws://127.0.0.1:${port}`)
  await once(viewer, 'open')
  return viewer
}

/** Logged reasons of the sessions that ended. */
const reasons = ({ log }: Slipway) => log.filter(({ msg }) => /> (stopped|failed)/.test(msg)).map(({ reason }) => reason)

t.test('SIGTERM: nobody new is let in, viewers finish, then the service ends', async t => {
  const slipway = await startSlipway(t)
  const viewer = await visit(slipway)
  const ended = slipway.stop('SIGTERM')
  await slipway.waitForLog(/SIGTERM: draining 1 sessions, 30 s at most/)

  const refused = await askForViewer(slipway)
  t.match(refused, { status: 503, body: { status: 'failed', reason: 'Server is shutting down', code: 'draining' } })
  t.ok(Number(refused.headers.get('retry-after')) > 0)
  t.match(await asking(`${slipway.url}/readyz`), { status: 503, body: { ready: false, reason: 'draining' } })
  t.equal((await asking(`${slipway.url}/healthz`)).status, 200)
  const browser = new WebSocket(`ws://127.0.0.1:${slipway.port}`, { origin: slipway.url })
  t.match((await once(browser, 'close')).map(String), ['1012', /Server is shutting down/])
  const program = new WebSocket(`ws://127.0.0.1:${slipway.port}`)
  t.match((await once(program, 'error'))[0], { message: /503/ })

  viewer.send('still here')
  t.equal(String((await once(viewer, 'message'))[0]), 'still here')
  viewer.close(1000)
  t.match(await ended, { code: 0, signal: null })
  t.same(reasons(slipway), ['client_closed'])
})

t.test('SIGTERM without a session ends the service at once', async t => {
  const slipway = await startSlipway(t)
  t.match(await slipway.stop('SIGTERM'), { code: 0, signal: null })
})

t.test('SIGTERM: who does not finish in time is stopped', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_DRAIN_TIMEOUT: '1' })
  const viewer = await visit(slipway)
  const closed = parted(viewer)
  await openViewer(slipway)
  t.match(await slipway.stop('SIGTERM'), { code: 0, signal: null })
  await closed
  t.same(reasons(slipway), ['drain', 'drain'])
})

for (const signal of ['SIGINT', 'SIGHUP'] as const) {
  t.test(`${signal}: every session is stopped, waiting callers are answered`, async t => {
    const slipway = await startSlipway(t)
    const feed = await SessionFeed.open(t, slipway)
    const viewer = await visit(slipway)
    const closed = parted(viewer)
    await openViewer(slipway)
    const waiting = askForViewer(slipway, { model: 'mode-slow-ready-10000' })
    await feed.until('starting', ({ model, state }) => model !== null && state === 'starting')
    t.match(await slipway.stop(signal), { code: 0, signal: null })
    await closed
    t.match(await waiting, { status: 410, body: { status: 'failed', code: 'drain' } })
    t.same(reasons(slipway), ['drain', 'drain', 'drain'])
  })
}

t.test('callers who fell silent in the middle do not hold up the end', async t => {
  const slipway = await startSlipway(t)
  for (const words of [
    '',
    'POST /api/spawn HTTP/1.1\r\nHost: x\r\n',
    'POST /api/spawn HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{'
  ]) (await RawViewer.connect(t, slipway.port)).say(words)
  const page = await RawViewer.connect(t, slipway.port)
  page.say(upgradeRequest('/api/events'))
  t.match(await page.head(), /^HTTP\/1.1 101 /)
  t.match(await slipway.stop('SIGINT'), { code: 0, signal: null })
})

t.test('a second signal has no patience', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_KILL_STEP: '60' }, { mode: 'ignore-sigterm' })
  const { serviceId } = await openViewer(slipway)
  process.kill(slipway.pid, 'SIGTERM')
  await slipway.waitForLog(/SIGTERM: draining/)
  t.match(await slipway.stop('SIGINT'), { code: 0, signal: null })
  t.match(await slipway.waitForLog(new RegExp(`stopped.*${serviceId}|${serviceId}.*> stopped`)), { reason: 'drain', signal: 'SIGKILL' })
})

t.test('a stop that takes long is hurried by a second signal', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_KILL_STEP: '60' }, { mode: 'ignore-sigterm' })
  await openViewer(slipway)
  process.kill(slipway.pid, 'SIGINT')
  await slipway.waitForLog(/ready > draining/)
  t.match(await slipway.stop('SIGINT'), { code: 0, signal: null })
  t.match(await slipway.waitForLog(/killing every session/), { level: 30 })
})

t.test('no stream server outlives a service that was killed', async t => {
  const slipway = await startSlipway(t)
  await openViewer(slipway)
  await openViewer(slipway, { model: 'mode-ignore-sigterm' })
  const viewer = await visit(slipway)
  const closed = parted(viewer)
  const launcher = slipway.launcher()
  t.equal(processesWithArgument(slipway.folder).length, 3)
  t.match(await slipway.stop('SIGKILL'), { code: null, signal: 'SIGKILL' })
  await comesTrue('nobody is left after 5 s', () => processesWithArgument(slipway.folder).length === 0 && !isAlive(launcher), 5_000)
  await closed
})
