import fastify, { type FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { cameThroughProxy } from '../src/access/this-machine.ts'
import { blamesModel, isCrash } from '../src/crashes/ending.ts'
import { loadReasons, type LoadReason } from '../src/load/load-gate.ts'
import { reasons } from '../src/sessions/reasons.ts'
import { states } from '../src/sessions/transitions.ts'
import { outcomeReasons } from '../src/spawning/outcome.ts'
import { reportKinds } from '../src/status/report.ts'

/**
 * `/metrics` for Prometheus: aggregates only, every label combination there from the start. Gauges are read from the pool and the table
 * when scraped, counters are fed by the spawner's events. Decorates `metricsRegistry`.
 */
export interface MetricsOptions {
  host: string
  /** 0: on the main listener. */
  port: number
  /** How many models are isolated now. */
  isolatedModels: () => number
  /** Why nothing is started now, since the machine is too busy; absent: it never is. */
  overload?: () => LoadReason | null
  /** Whether requests wait although something could be started; absent: they never do. */
  wedged?: () => boolean
}

declare module 'fastify' {
  interface FastifyInstance { metricsRegistry: Registry }
}

const exitCodes = [...Array(10).keys()].map(String).concat('signal', 'other')

const metrics: FastifyPluginAsync<MetricsOptions> = async (app, { host, port, isolatedModels, overload = () => null, wedged = () => false }) => {
  const { spawner, portPool, tunnels } = app
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  // Totals that are no counters: promtool objects, and each has a gauge by type beside it that it does not object to.
  for (const total of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${total}_total`)
  app.decorate('metricsRegistry', registry)

  gauge('sessions', 'Sessions by state and renderer; ended ones are counted while their record is kept.', ['state', 'renderer'], set => {
    for (const [renderer, counts] of Object.entries(spawner.census())) for (const state of states) set({ state, renderer }, counts[state])
  })
  gauge('seats_held', 'Seats kept for callers whose viewers dropped.', [], set => { set({}, spawner.held) })
  gauge('queue_depth', 'Requests waiting for a seat, a start or a port.', [], set => { set({}, spawner.waiting + spawner.census().csr.queued + spawner.census().ssr.queued) })
  gauge('ports', 'Ports of the stream servers by where they are.', ['state'], set => {
    for (const [state, count] of Object.entries(portPool.counts())) set({ state }, count)
  })
  gauge('gpu_sessions', 'Sessions that render on each GPU, where they are spread.', ['gpu'], set => {
    for (const [gpu, count] of spawner.gpuSessions().entries()) set({ gpu: String(gpu) }, count)
  })
  gauge('sessions_max', 'Most sessions at a time.', [], set => { set({}, spawner.maxSessions) })
  gauge('liveliness_age_seconds_max', 'Age of the oldest last report among living sessions.', [], set => { set({}, spawner.oldestReportAge() / 1_000) })
  gauge('isolated_models', 'Models that are kept from everybody, since they keep crashing.', [], set => { set({}, isolatedModels()) })
  gauge('load_gate_closed', '1 while nothing is started since the machine is too busy, by the cause.', ['reason'], set => { for (const reason of loadReasons) set({ reason }, overload() === reason ? 1 : 0) })
  gauge('wedged', '1 while requests wait although something could be started: a fault of the service.', [], set => { set({}, wedged() ? 1 : 0) })
  gauge('draining', '1 while nothing is given out, since the service is to run empty.', [], set => { set({}, spawner.draining ? 1 : 0) })
  gauge('tunnel_connections', 'Viewers tunnelled now.', [], set => { set({}, tunnels.size) })

  const requests = counter('spawn_requests_total', 'Viewing requests by outcome; the reason says why not.', ['outcome', 'reason'])
  for (const [outcome, known] of Object.entries(outcomeReasons)) for (const reason of known) requests.inc({ outcome: snake(outcome), reason }, 0)
  spawner.on('answered', ({ outcome, reason }) => { requests.inc({ outcome: snake(outcome), reason: reason ?? 'none' }) })

  const ends = counter('session_ends_total', 'Sessions ended, by reason.', ['reason'])
  for (const reason of Object.keys(reasons)) ends.inc({ reason }, 0)
  spawner.on('session', ({ endedAt, reason }) => { if (endedAt !== null && reason !== null) ends.inc({ reason }) })

  const crashes = counter('crashes_total', 'Stream servers that crashed, by whether that counts against their model.', ['counts'])
  for (const counts of ['true', 'false']) crashes.inc({ counts }, 0)
  spawner.on('session', session => { if (session.endedAt !== null && isCrash(session)) crashes.inc({ counts: String(blamesModel(session)) }) })

  const exits = counter('child_exits_total', 'Stream server processes ended, by exit code.', ['code'])
  for (const code of exitCodes) exits.inc({ code }, 0)
  spawner.on('exit', ({ code, signal }) => {
    const label = signal === null ? String(code) : 'signal'
    exits.inc({ code: exitCodes.includes(label) ? label : 'other' })
  })

  const reports = counter('liveliness_reports_total', 'Reports of stream servers, by kind.', ['kind'])
  for (const kind of reportKinds) reports.inc({ kind }, 0)
  spawner.on('report', kind => { reports.inc({ kind }) })

  const claims = counter('started_ahead_claims_total', 'Requests that a session started ahead would have done for, by whether there was one; and those found unfit then.', ['result'])
  for (const result of ['claimed', 'none', 'unfit']) claims.inc({ result }, 0)
  spawner.on('claim', result => { claims.inc({ result }) })

  const phases = new Histogram({ name: 'slipway_spawn_phase_seconds', help: 'How long the phases of a start take.', labelNames: ['phase'], buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60], registers })
  for (const phase of ['queue', 'launch', 'ready', 'connect']) phases.zero({ phase })
  spawner.on('phase', ({ phase, milliseconds }) => { phases.observe({ phase }, milliseconds / 1_000) })

  const bytes = new Counter({
    name: 'slipway_tunnel_bytes_total',
    help: 'Bytes tunnelled, by direction.',
    labelNames: ['direction'],
    registers,
    collect () {
      const { toViewer, fromViewer } = tunnels.bytes()
      this.reset()
      this.inc({ direction: 'to_viewer' }, toViewer)
      this.inc({ direction: 'from_viewer' }, fromViewer)
    }
  })
  bytes.inc({ direction: 'to_viewer' }, 0)

  const http = new Histogram({ name: 'slipway_http_request_duration_seconds', help: 'How long HTTP requests take.', labelNames: ['route', 'method', 'status'], buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 30], registers })
  app.addHook('onResponse', async (request, reply) => {
    http.observe({ route: request.routeOptions.url ?? 'unmatched', method: request.method, status: String(reply.statusCode) }, reply.elapsedTime / 1_000)
  })

  const listener = port === 0 ? app : fastify({ forceCloseConnections: true, requestTimeout: 30_000 })
  listener.get('/metrics', { logLevel: 'warn' }, async (request, reply) => {
    // On the port that viewers use, what comes through a proxy comes from outside.
    if (listener === app && cameThroughProxy(request)) return await reply.code(404).send({ result: 'error', reason: 'Not Found' })
    return await reply.type(registry.contentType).send(await registry.metrics())
  })
  if (listener !== app) {
    app.addHook('onReady', async () => { app.log.info(`metrics on ${await listener.listen({ host, port })}/metrics`) })
    app.addHook('onClose', async () => { await listener.close() })
  }

  function counter (name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name: `slipway_${name}`, help, labelNames, registers })
  }

  function gauge (name: string, help: string, labelNames: string[], read: (set: (labels: Record<string, string>, value: number) => void) => void): void {
    const own = new Gauge({ name: `slipway_${name}`, help, labelNames, registers, collect () { read((labels, value) => { this.set(labels, value) }) } })
    own.reset()
  }
}

const snake = (name: string) => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

export default fp(metrics, { name: 'metrics', dependencies: ['spawner', 'port-pool', 'websocket-proxy'] })
