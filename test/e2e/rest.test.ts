import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { isAlive, portIsFree, processesWithArgument } from '../fixtures/leak-check.ts'
import { comesTrue, startSlipway } from '../fixtures/slipway.ts'
import { asking, askForViewer, openViewer, session, stopSession } from './support/requests.ts'
import { SessionFeed } from './support/session-feed.ts'

const slipway = await startSlipway(t, { SLIPWAY_KILL_STEP: '0.3', SLIPWAY_SESSION_LOG_BYTES: '20000' })
const feed = await SessionFeed.open(t, slipway)
const usedPorts = async () => (await asking(`${slipway.url}/api/status`)).body['usedSpawnPorts']

t.test('a program asks for a viewer, connects to it and leaves', async t => {
  const { status, body } = await askForViewer(slipway)
  t.equal(status, 200)
  t.match(body, { result: 'ok', serviceId: /^[0-9a-f-]{36}$/, endpoints: { ws: /^ws:\/\/127\.0\.0\.1:\d+$/ } })
  const id = String(body['serviceId'])
  const { ws } = body['endpoints'] as { ws: string }
  t.ok(slipway.ports.includes(Number(new URL(ws).port)))
  t.match(await session(slipway, id), { id, state: 'ready', via: 'rest', reason: null, endedAt: null })

  const viewer = new WebSocket(ws)
  await once(viewer, 'open')
  viewer.send('hello')
  t.equal(String((await once(viewer, 'message'))[0]), 'hello')
  await feed.state(id, 'connected')
  viewer.close()
  t.match(await feed.end(id), { state: 'stopped', reason: 'client_closed', exitCode: 0 })
  t.same(feed.states(id), ['queued', 'starting', 'ready', 'connected', 'draining', 'stopped'])
  t.equal(await usedPorts(), 0)
})

t.test('the other address and an empty body are as good', async t => {
  for (const init of [{}, { body: '{}', headers: { 'content-type': 'application/json' } }, { body: 'class=csr_session', headers: { 'content-type': 'application/x-www-form-urlencoded' } }]) {
    const { status, body } = await asking(`${slipway.url}/service`, { method: 'POST', ...init })
    t.equal(status, 200)
    t.match((await stopSession(slipway, String(body['serviceId']))).body, { state: 'stopped', reason: 'admin' })
  }
})

t.test('the answer waits until a slow stream server is ready', async t => {
  const asked = askForViewer(slipway, { model: 'mode-slow-ready-400' })
  const { id } = await feed.until('starting', ({ model, state }) => model === 'mode-slow-ready-400' && state === 'starting')
  const { status, body } = await asked
  t.equal(status, 200)
  t.equal(body['serviceId'], id)
  await stopSession(slipway, id)
})

for (const [mode, code, words, output] of [
  ['crash-at-start', 'crashed', /^ts3d_sc_server failed: reason='unexpected exit', exit-code=1, id=/, /fake crash at start/],
  ['exit-0-before-ready', 'exited', /^ts3d_sc_server failed: reason='success', exit-code=0, id=/, /^$/],
  ['exit-licence', 'licence', /^ts3d_sc_server failed: reason='invalid license', exit-code=6, id=/, /invalid license/]
] as const) {
  t.test(`${mode}: the caller is told the official reason and the port is free again`, async t => {
    const { status, body } = await askForViewer(slipway, { model: `mode-${mode}` })
    t.equal(status, 500)
    t.match(body, { status: 'failed', reason: words, code })
    const id = /id=(\S+)/.exec(String(body['reason']))?.[1] ?? ''
    const record = await session(slipway, id)
    t.match(record, { state: code === 'exited' ? 'stopped' : 'failed', reason: code })
    t.match(String(record['output']), output)
    t.ok(await portIsFree(Number(record['port'])))
    t.equal(await usedPorts(), 0)
  })
}

t.test('a stream server that crashes after it was ready', async t => {
  const { serviceId } = await openViewer(slipway, { model: 'mode-crash-after-ready' })
  t.match(await feed.end(serviceId), { state: 'failed', reason: 'crashed', exitCode: 3 })
  t.match(await session(slipway, serviceId), { output: /internal error: fake crash after ready/ })
})

t.test('a stream server that is deaf to SIGTERM is killed', async t => {
  const { serviceId } = await openViewer(slipway, { model: 'mode-ignore-sigterm' })
  const { status, body } = await stopSession(slipway, serviceId)
  t.equal(status, 200)
  t.match(body, { state: 'stopped', reason: 'admin', signal: 'SIGKILL', exitCode: null })
  t.notOk(isAlive(Number(body['pid'])))
  t.match(await session(slipway, serviceId), { output: /ignoring SIGTERM/ })
})

t.test('a stream server that says too much never waits for the log, and its log is cut', async t => {
  const { serviceId } = await openViewer(slipway, { model: 'mode-chatty' })
  await stopSession(slipway, serviceId)
  const folder = join(slipway.folder, 'logs')
  const file = readdirSync(folder).find(name => name.includes(serviceId)) ?? 'none'
  await comesTrue('the log says what is missing', () => /bytes of output were not kept/.test(readFileSync(join(folder, file), 'utf8')))
  const kept = readFileSync(join(folder, file))
  t.ok(kept.length <= 20_000, `${kept.length} bytes`)
  t.match(String(kept), /chatter.*limit of 20000 bytes reached/s)
})

t.test('a child of the stream server goes with it', async t => {
  const { serviceId } = await openViewer(slipway, { model: 'mode-forks-a-grandchild' })
  const marker = `grandchild-of-${serviceId}`
  await comesTrue('there is a grandchild', () => processesWithArgument(marker).length === 1)
  await stopSession(slipway, serviceId)
  t.same(processesWithArgument(marker), [])
})

t.test('being ready twice is being ready', async t => {
  const { serviceId } = await openViewer(slipway, { model: 'mode-double-ready' })
  await stopSession(slipway, serviceId)
  t.same(feed.states(serviceId).slice(0, 4), ['queued', 'starting', 'ready', 'draining'])
})

t.test('a report of a stream server that is gone changes nothing', async t => {
  const { serviceId } = await openViewer(slipway, { model: 'mode-late-ping-after-kill' })
  const { body } = await stopSession(slipway, serviceId)
  await comesTrue('it has spoken', () => processesWithArgument(serviceId).length === 0)
  t.match(await session(slipway, serviceId), body)
  t.equal((await asking(`${slipway.url}/healthz`)).status, 200)
  t.equal((await asking(`${slipway.url}/api/spawns/nobody?liveliness=ping`, { method: 'POST' })).status, 404)
})

t.test('a stream server that finds its port taken is started on the next one', async t => {
  const slipway = await startSlipway(t)
  const [first, second] = slipway.ports
  const { port, serviceId } = await openViewer(slipway, { model: `mode-port-already-bound-${first}` })
  t.equal(port, second)
  t.match(await slipway.waitForLog(/is left alone/), { port: first, level: 40 })
  t.match(await session(slipway, serviceId), { state: 'ready', port: second })
})

t.test('a stream server that finds every port taken is given up', async t => {
  const slipway = await startSlipway(t, {}, { mode: 'port-already-bound' })
  const { status, headers, body } = await askForViewer(slipway)
  t.equal(status, 503)
  t.match(body, { status: 'failed', reason: 'No ports available', code: 'port_conflict' })
  t.ok(Number(headers.get('retry-after')) > 0)
})
