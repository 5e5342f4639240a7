import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import metrics, { type MetricsOptions } from '../../plugins/metrics.ts'
import spawnLimit from '../../plugins/spawn-limit.ts'
import websocketProxy from '../../plugins/websocket-proxy.ts'
import { Admission } from '../../src/front/admission.ts'
import { loadReasons } from '../../src/load/load-gate.ts'
import { reasons } from '../../src/sessions/reasons.ts'
import type { Tunnel } from '../../src/tunnel/tunnel.ts'
import { appStage, open, opened, reached, type AppStageOptions } from '../fixtures/app-stage.ts'
import { portIsFree, portRange } from '../fixtures/leak-check.ts'

async function metricsStage (t: Test, { host = '127.0.0.1', port = 0, ...options }: AppStageOptions & Partial<MetricsOptions> = {}) {
  const stage = await appStage(t, options)
  const { app, clock } = stage
  await app.register(spawnLimit, { perMinute: 0 })
  await app.register(websocketProxy, { own: { path: '/api/events', upgrades: new EventEmitter() }, admission: new Admission({ tokens: app.front.tokens, byPort: true, seatsKept: false, sessionOnPort: () => undefined, clock }), streamHost: '127.0.0.1', upstream: null, clock })
  await app.register(metrics, { host, port, isolatedModels: () => 0 })
  await app.ready()
  const page = async () => (await app.inject('/metrics')).body
  /** Samples of one metric: labels in braces → value. */
  const samples = async (name: string) => samplesOf(await page(), `slipway_${name}`)
  return { ...stage, page, samples }
}

function samplesOf (page: string, name: string): Record<string, number> {
  const lines = page.split('\n').filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return Object.fromEntries(lines.map(line => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
}

t.test('every metric is there from the start, in a form Prometheus reads', async t => {
  const { app, page } = await metricsStage(t)
  const answer = await app.inject('/metrics')
  t.equal(answer.statusCode, 200)
  t.match(answer.headers['content-type'], /^text\/plain; version=0\.0\.4/)
  const types = Object.fromEntries((await page()).split('\n').filter(line => line.startsWith('# TYPE slipway_')).map(line => line.split(' ').slice(2)))
  t.same(types, {
    slipway_sessions: 'gauge',
    slipway_seats_held: 'gauge',
    slipway_started_ahead_claims_total: 'counter',
    slipway_queue_depth: 'gauge',
    slipway_load_gate_closed: 'gauge',
    slipway_wedged: 'gauge',
    slipway_draining: 'gauge',
    slipway_ports: 'gauge',
    slipway_gpu_sessions: 'gauge',
    slipway_sessions_max: 'gauge',
    slipway_liveliness_age_seconds_max: 'gauge',
    slipway_isolated_models: 'gauge',
    slipway_crashes_total: 'counter',
    slipway_tunnel_connections: 'gauge',
    slipway_spawn_requests_total: 'counter',
    slipway_session_ends_total: 'counter',
    slipway_child_exits_total: 'counter',
    slipway_liveliness_reports_total: 'counter',
    slipway_spawn_phase_seconds: 'histogram',
    slipway_tunnel_bytes_total: 'counter',
    slipway_http_request_duration_seconds: 'histogram'
  })
  t.match(await page(), /^process_cpu_seconds_total /m, 'and those of the process')
  t.match(await page(), /^nodejs_eventloop_lag_seconds /m)
  for (const line of (await page()).split('\n')) t.match(line, /^$|^# (HELP|TYPE) \w+ .+|^\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? ([-+.\deE]+|[-+]?Inf|Nan)$/)
})

t.test('every label combination is there from the start, at zero', async t => {
  const { samples } = await metricsStage(t, { max: 3 })
  const zeros = (labels: string[]) => Object.fromEntries(labels.map(label => [label, 0]))
  const states = ['queued', 'starting', 'adopted', 'spare', 'ready', 'connected', 'draining', 'stopped', 'failed', 'lost']
  t.same(await samples('sessions'), zeros(['csr', 'ssr'].flatMap(renderer => states.map(state => `{state="${state}",renderer="${renderer}"}`))))
  t.same(await samples('ports'), { '{state="free"}': 3, ...zeros(['leased', 'resting', 'blocked'].map(state => `{state="${state}"}`)) })
  t.same(await samples('session_ends_total'), zeros(Object.keys(reasons).map(reason => `{reason="${reason}"}`)))
  t.same(await samples('child_exits_total'), zeros(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'signal', 'other'].map(code => `{code="${code}"}`)))
  t.same(await samples('liveliness_reports_total'), zeros(['ready', 'ping', 'disconnect'].map(kind => `{kind="${kind}"}`)))
  t.same(await samples('tunnel_bytes_total'), zeros(['to_viewer', 'from_viewer'].map(direction => `{direction="${direction}"}`)))
  t.same(await samples('spawn_phase_seconds_count'), zeros(['queue', 'launch', 'ready', 'connect'].map(phase => `{phase="${phase}"}`)))
  t.same(await samples('queue_depth'), { '': 0 })
  t.same(await samples('started_ahead_claims_total'), zeros(['claimed', 'none', 'unfit'].map(result => `{result="${result}"}`)))
  t.same(await samples('sessions_max'), { '': 3 })
  t.same(await samples('liveliness_age_seconds_max'), { '': 0 })
  t.same(await samples('tunnel_connections'), { '': 0 })
  t.same(await samples('spawn_requests_total'), zeros([
    ...['opened', 'full', 'quota', 'draining', 'renderer_disabled', 'isolated'].map(outcome => `{outcome="${outcome}",reason="none"}`),
    ...loadReasons.map(reason => `{outcome="overloaded",reason="${reason}"}`),
    ...['queue_timeout', 'too_many_starts'].map(reason => `{outcome="full",reason="${reason}"}`),
    ...['queue_timeout', 'port_conflict'].map(reason => `{outcome="no_port",reason="${reason}"}`),
    ...['client_closed', 'admin', 'drain'].map(reason => `{outcome="cancelled",reason="${reason}"}`),
    ...['start_timeout', 'exited', 'crashed', 'killed_by_signal', 'licence', 'refused', 'owner_lost'].map(reason => `{outcome="start_failed",reason="${reason}"}`)
  ]))
})

t.test('what happens is counted, once, and no new label appears', async t => {
  const { app, clock, launcher, samples } = await metricsStage(t, { max: 3, renderers: ['csr'] })
  const names = ['sessions', 'ports', 'session_ends_total', 'child_exits_total', 'liveliness_reports_total', 'spawn_requests_total', 'spawn_phase_seconds_count']
  const labels = async () => (await Promise.all(names.map(samples))).map(found => Object.keys(found).sort())
  const before = await labels()

  const first = await opened(app)
  app.spawner.report(first.id, { kind: 'ping', viewers: 1, idle: null })
  const second = await opened(app)
  const third = await opened(app)
  await open(app)
  await open(app, { renderer: 'ssr' })
  t.match(await samples('sessions'), { '{state="ready",renderer="csr"}': 2, '{state="connected",renderer="csr"}': 1 })
  t.match(await samples('ports'), { '{state="free"}': 0, '{state="leased"}': 3 })
  launcher.exit(second.id, { code: 3 })
  launcher.exit(third.id, { code: null, signal: 'SIGSEGV' })
  await clock.advance(4_000)
  t.match(await samples('liveliness_age_seconds_max'), { '': 4 })
  app.spawner.report(first.id, { kind: 'disconnect', viewers: null, idle: null })
  launcher.exit(first.id, { code: 0 })
  app.spawner.report(first.id, { kind: 'ping', viewers: null, idle: null })
  app.spawner.report('nobody', { kind: 'ping', viewers: null, idle: null })
  launcher.answer = ({ id }) => {
    queueMicrotask(() => { launcher.exit(id, { code: 77 }) })
    return { status: 'started', pid: 1 }
  }
  await open(app)
  app.spawner.drain()
  await open(app)

  t.match(await samples('sessions'), { '{state="stopped",renderer="csr"}': 1, '{state="failed",renderer="csr"}': 3, '{state="ready",renderer="csr"}': 0 })
  t.match(await samples('session_ends_total'), { '{reason="client_closed"}': 1, '{reason="crashed"}': 2, '{reason="killed_by_signal"}': 1, '{reason="exited"}': 0 })
  t.match(await samples('child_exits_total'), { '{code="0"}': 1, '{code="3"}': 1, '{code="signal"}': 1, '{code="other"}': 1 })
  t.match(await samples('liveliness_reports_total'), { '{kind="ready"}': 3, '{kind="ping"}': 2, '{kind="disconnect"}': 1 })
  t.match(await samples('spawn_requests_total'), {
    '{outcome="opened",reason="none"}': 3,
    '{outcome="full",reason="none"}': 1,
    '{outcome="renderer_disabled",reason="none"}': 1,
    '{outcome="start_failed",reason="crashed"}': 1,
    '{outcome="draining",reason="none"}': 1
  })
  t.match(await samples('spawn_phase_seconds_count'), { '{phase="queue"}': 4, '{phase="launch"}': 4, '{phase="ready"}': 3, '{phase="connect"}': 1 })
  t.same(await labels(), before)
})

t.test('sessions started ahead are counted, and how requests fared with them', async t => {
  const { app, launcher, samples } = await metricsStage(t, { ahead: { csr: 1, ssr: 0 } })
  // Stream servers that listen, since the system is asked.
  launcher.answer = async ({ id, args }) => {
    const server = createServer().listen(Number(args[args.indexOf('--sc-port') + 1]), '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => { server.close() })
    queueMicrotask(() => { app.spawner.report(id, { kind: 'ready', viewers: null, idle: null }) })
    return { status: 'started', pid: process.pid }
  }
  app.spawner.startAhead()
  await reached(app.spawner, 'spare')
  t.match(await samples('sessions'), { '{state="spare",renderer="csr"}': 1 })
  await opened(app, { model: 'engine' })
  await opened(app)
  await opened(app)
  t.match(await samples('sessions'), { '{state="spare",renderer="csr"}': 0, '{state="ready",renderer="csr"}': 3 })
  t.match(await samples('started_ahead_claims_total'), { '{result="claimed"}': 1, '{result="none"}': 1, '{result="unfit"}': 0 })
  t.equal(launcher.orders.length, 3)
})

t.test('a process that outlives SIGKILL ends one session, however it ends itself', async t => {
  const { app, clock, launcher, samples } = await metricsStage(t)
  const { id } = await opened(app)
  launcher.obeys = []
  void app.spawner.stop(id, 'admin')
  await clock.advance(10_000)
  launcher.exit(id, { code: null, signal: 'SIGKILL' })
  t.match(await samples('session_ends_total'), { '{reason="admin"}': 1 })
  t.match(await samples('child_exits_total'), { '{code="signal"}': 1 })
})

t.test('bytes tunnelled never fall', async t => {
  const { app, samples } = await metricsStage(t)
  let close = (_bytes: { bytesToViewer: number, bytesFromViewer: number }) => {}
  const closed = new Promise<{ bytesToViewer: number, bytesFromViewer: number }>(resolve => { close = resolve })
  const tunnel = { bytesToViewer: 1_000, bytesFromViewer: 10, closed, destroy: () => {} }
  app.tunnels.add('session', tunnel as unknown as Tunnel)
  t.same(await samples('tunnel_bytes_total'), { '{direction="to_viewer"}': 1_000, '{direction="from_viewer"}': 10 })
  t.same(await samples('tunnel_connections'), { '': 1 })
  tunnel.bytesToViewer = 5_000
  t.same(await samples('tunnel_bytes_total'), { '{direction="to_viewer"}': 5_000, '{direction="from_viewer"}': 10 })
  close({ bytesToViewer: 5_000, bytesFromViewer: 10 })
  t.same(await samples('tunnel_bytes_total'), { '{direction="to_viewer"}': 5_000, '{direction="from_viewer"}': 10 })
  t.same(await samples('tunnel_connections'), { '': 0 })
})

t.test('requests are timed by route, never by path', async t => {
  const { app, samples } = await metricsStage(t)
  await app.inject('/nothing/here')
  await app.inject('/nothing/there')
  await app.inject('/metrics')
  t.match(await samples('http_request_duration_seconds_count'), { '{route="unmatched",method="GET",status="404"}': 2 })
  for (const labels of Object.keys(await samples('http_request_duration_seconds_count'))) t.notMatch(labels, /here/)
})

t.test('with a port of their own, metrics are there and nowhere else', async t => {
  const port = await portRange(1)
  const { app } = await metricsStage(t, { port })
  t.equal((await app.inject('/metrics')).statusCode, 404)
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
  t.equal(answer.status, 200)
  t.match(await answer.text(), /^slipway_sessions_max 4$/m)
  for (const path of ['/', '/healthz', '/api/status']) t.equal((await fetch(`http://127.0.0.1:${port}${path}`)).status, 404, path)
  await app.close()
  t.ok(await portIsFree(port), 'closed with the service')
})

t.test('without the plugin there is no page', async t => {
  const { app } = await appStage(t)
  t.equal((await app.inject('/metrics')).statusCode, 404)
})

t.test('two services in one process do not mix their numbers', async t => {
  const one = await metricsStage(t)
  await opened(one.app)
  await t.test('the other', async t => {
    const other = await metricsStage(t)
    t.match(await other.samples('spawn_requests_total'), { '{outcome="opened",reason="none"}': 0 })
  })
  t.match(await one.samples('spawn_requests_total'), { '{outcome="opened",reason="none"}': 1 })
})
