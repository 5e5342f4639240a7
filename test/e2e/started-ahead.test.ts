import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { isAlive } from '../fixtures/leak-check.ts'
import { comesTrue, startSlipway, type Slipway } from '../fixtures/slipway.ts'
import { askForViewer, asking } from './support/requests.ts'
import { SessionFeed } from './support/session-feed.ts'

const ahead = { SLIPWAY_STARTED_AHEAD_CSR: '1' }

/** The next session that is ready ahead and has not been one of `before`. */
async function spare (feed: SessionFeed, before: string[] = []): Promise<{ id: string, pid: number, port: number }> {
  const { id, pid, port } = await feed.until('a session ready ahead', ({ id, state }) => state === 'spare' && !before.includes(id))
  return { id, pid: pid ?? NaN, port: port ?? NaN }
}

const claims = async (slipway: Slipway, result: string) => Number(new RegExp(`claims_total\\{result="${result}"\\} (\\d+)`).exec(await (await fetch(`${slipway.url}/metrics`)).text())?.[1])

t.test('a request by REST and a viewer that just connects each get a session that was ready before', async t => {
  const slipway = await startSlipway(t, ahead)
  const feed = await SessionFeed.open(t, slipway)
  const first = await spare(feed)
  t.match((await asking(`${slipway.url}/api/status`)).body, { ready: 1, usedSpawnPorts: 1, readyAhead: 1 })
  t.match(await asking(`${slipway.url}/wsproxy/${first.port}`), { status: 404 })

  const { status, body } = await askForViewer(slipway)
  t.equal(status, 200)
  t.equal(body['serviceId'], first.id)
  t.match(await feed.state(first.id, 'ready'), { via: 'rest', pid: first.pid })

  const second = await spare(feed, [first.id])
  const viewer = new WebSocket(`ws://127.0.0.1:${slipway.port}/`)
  await once(viewer, 'open')
  t.match(await feed.state(second.id, 'connected'), { via: 'proxy', pid: second.pid })
  viewer.close()
  t.match(await feed.end(second.id), { state: 'stopped', reason: 'client_closed' })
  t.equal(await claims(slipway, 'claimed'), 2)
})

t.test('a request with a model of its own gets a stream server of its own', async t => {
  const slipway = await startSlipway(t, ahead)
  const feed = await SessionFeed.open(t, slipway)
  const { id } = await spare(feed)
  const { body } = await askForViewer(slipway, { model: 'engine' })
  t.not(body['serviceId'], id)
  t.match(await feed.state(id, 'spare'), { id })
})

t.test('one that was killed is never handed out', async t => {
  const slipway = await startSlipway(t, ahead)
  const feed = await SessionFeed.open(t, slipway)
  const { id, pid } = await spare(feed)
  process.kill(pid, 'SIGKILL')
  await comesTrue('it is gone', () => !isAlive(pid))
  const { status, body } = await askForViewer(slipway)
  t.equal(status, 200)
  t.not(body['serviceId'], id)
  t.match(await feed.end(id), { state: 'failed', reason: /unfit|killed_by_signal/ })
})

t.test('one that was stopped is never handed out, and does not stay', async t => {
  const slipway = await startSlipway(t, ahead)
  const feed = await SessionFeed.open(t, slipway)
  const { id, pid } = await spare(feed)
  process.kill(pid, 'SIGSTOP')
  await comesTrue('it stands still', () => /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')))
  t.teardown(() => { if (isAlive(pid)) process.kill(pid, 'SIGKILL') })
  const { status, body } = await askForViewer(slipway)
  t.equal(status, 200)
  t.not(body['serviceId'], id)
  t.match(await slipway.waitForLog(/is not handed out/), { msg: /its process is stopped/, spawnId: id })
  t.match(await feed.end(id), { state: 'failed', reason: 'unfit', signal: 'SIGKILL' })
  t.equal(await claims(slipway, 'unfit'), 1)
})

t.test('one whose port another process took over is never handed out', async t => {
  const slipway = await startSlipway(t, ahead, { mode: 'hands-over-its-port' })
  const feed = await SessionFeed.open(t, slipway)
  const { id, port, pid } = await spare(feed)
  process.kill(pid, 'SIGUSR2')
  await comesTrue('another process answers there', async () =>
    await fetch(`http://127.0.0.1:${port}/`).then(async response => await response.text(), () => '') === 'another')
  const { status, body } = await askForViewer(slipway)
  t.equal(status, 200)
  t.not(body['serviceId'], id)
  t.match(await slipway.waitForLog(/is not handed out/), { msg: /it no longer listens on port/, spawnId: id })
  t.match(await feed.end(id), { state: 'failed', reason: 'unfit' })
})

t.test('one that waited long enough makes place for a fresh one', async t => {
  const slipway = await startSlipway(t, { ...ahead, SLIPWAY_STARTED_AHEAD_LIFETIME: '1', SLIPWAY_FIRST_CONNECT_TIMEOUT: '1' })
  const feed = await SessionFeed.open(t, slipway)
  const { id } = await spare(feed)
  t.match(await feed.end(id), { state: 'stopped', reason: 'recycled', exitCode: 0 })
  await spare(feed, [id])
})

t.test('a full house has a seat for everybody who asks', async t => {
  const slipway = await startSlipway(t, { ...ahead, SLIPWAY_MAX_SESSIONS: '2' })
  const feed = await SessionFeed.open(t, slipway)
  const { id } = await spare(feed)
  const answers = [await askForViewer(slipway, { model: 'one' }), await askForViewer(slipway, { model: 'two' })]
  t.same(answers.map(({ status }) => status), [200, 200])
  t.match(await feed.end(id), { reason: 'recycled' })
  t.match(await askForViewer(slipway), { status: 503, body: { code: 'full' } })
})

t.test('the embedded stream server has one ready ahead by default', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_STREAM_SERVER: '', SLIPWAY_STARTED_AHEAD_CSR: 'auto' })
  const feed = await SessionFeed.open(t, slipway)
  const { id } = await spare(feed)
  t.match((await askForViewer(slipway)).body, { serviceId: id })
})
