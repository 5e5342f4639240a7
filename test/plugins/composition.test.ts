import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { buildApp, type AppOptions } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'
import { FakeLauncher } from '../fixtures/fake-launcher.ts'
import { portRange } from '../fixtures/leak-check.ts'

/** The whole application, composed as it is shipped, on a fake clock and a fake launcher. */
async function wholeStage (t: Test, env: Record<string, string> = {}, logger: AppOptions['logger'] = false) {
  const dir = t.testdir({ public: { 'index.html': 'the page' }, models: {}, workspace: {}, logs: {} })
  const loaded = loadConfig({
    SLIPWAY_WS_PORTS_BEGIN: String(await portRange(8)),
    SLIPWAY_MAX_SESSIONS: '8',
    SLIPWAY_STREAM_SERVER: process.execPath,
    SLIPWAY_MODEL_DIRS: `${dir}/models`,
    SLIPWAY_WORKSPACE_DIR: `${dir}/workspace`,
    SLIPWAY_LOG_DIR: `${dir}/logs`,
    SLIPWAY_PUBLIC_DIR: `${dir}/public`,
    ...env
  })
  if (loaded.status === 'invalid') throw new Error(loaded.problems.join())
  const launcher = new FakeLauncher()
  const app = await buildApp({ config: loaded.config, packageDir: dir, launcher, clock: new FakeClock(), environment: { DISPLAY: ':7', HOME: '/home/hoops', PATH: '/bin' }, stop: () => {}, logger })
  t.teardown(async () => { await app.close() })
  launcher.answer = ({ id }) => {
    queueMicrotask(() => { app.spawner.report(id, { kind: 'ready', viewers: null, idle: null }) })
    return { status: 'started', pid: 1 }
  }
  return { app, launcher, dir, config: loaded.config }
}

t.test('every plugin is where it belongs', async t => {
  const { app } = await wholeStage(t)
  for (const [method, url, status] of [
    ['GET', '/', 200], ['GET', '/healthz', 200], ['GET', '/readyz', 200], ['GET', '/metrics', 200], ['GET', '/api/drain', 200], ['GET', '/api/status', 200], ['GET', '/api/spawns', 200],
    ['GET', '/api/help', 200], ['GET', '/api/models', 200], ['POST', '/api/spawn', 200], ['POST', '/service', 200], ['OPTIONS', '/api/spawn', 200],
    ['GET', '/api/spawn', 404], ['GET', '/api/nothing', 404], ['GET', '/nothing', 404], ['POST', '/api/spawns/nobody?liveliness=ping', 404], ['DELETE', '/api/spawns/nobody', 404]
  ] as const) t.equal((await app.inject({ method, url })).statusCode, status, `${method} ${url}`)
})

t.test('a large body is refused where bodies are read, and does no harm where reports are taken', async t => {
  const { app } = await wholeStage(t)
  const payload = JSON.stringify({ pad: 'x'.repeat(102_400) })
  t.equal((await app.inject({ method: 'POST', url: '/api/spawn', payload, headers: { 'content-type': 'application/json' } })).statusCode, 413)
  t.equal(app.spawner.alive, 0)
  const { serviceId } = (await app.inject({ method: 'POST', url: '/api/spawn' })).json<{ serviceId: string }>()
  t.equal((await app.inject({ method: 'POST', url: `/api/spawns/${serviceId}?liveliness=ping`, payload, headers: { 'content-type': 'application/json' } })).statusCode, 200)
})

t.test('whatever is asked for, what all share stays as it was', async t => {
  const { app, config } = await wholeStage(t, { SLIPWAY_IDLE_TIMEOUT: '500', SLIPWAY_IDLE_TIMEOUT_CEILING: '600', SLIPWAY_CSR_ARGS: '--trace' })
  const shared = () => structuredClone({ config, limitRanges: app.limitRanges, streamServer: app.streamServer, unasked: app.spawner.renderers })
  const before = shared()
  for (const params of [{}, { limits: { idleTimeout: 300, maxLifetime: 7 }, model: 'engine', sessionToken: 'x', modelSearchDirectories: [config.streamServer.modelDirs[0]] }, { limits: { idleTimeout: 1e9 } }, { limits: { nothing: 1 } }]) {
    for (const kind of ['csr_session', 'ssr_session']) await app.inject({ method: 'POST', url: '/api/spawn', payload: { class: kind, params } })
  }
  t.equal(app.spawner.alive, 4)
  t.same(shared(), before)
  t.same(app.spawner.sessions().map(({ id }) => app.spawner.note(id)?.idleTimeout), [undefined, undefined, 300_000, 300_000], 'nobody has the limits that another has asked for')
})

t.test('only uploads may take long to arrive', async t => {
  const { app } = await wholeStage(t)
  t.match(app.server, { requestTimeout: 30_000 })
  const { app: taking } = await wholeStage(t, { SLIPWAY_UPLOAD_DIR: t.testdir({}) })
  t.match(taking.server, { requestTimeout: 3_600_000, headersTimeout: 30_000 })
  t.ok(taking.hasPlugin('arrival-time'))
})

t.test('REST and WebSocket share one count per address, reports are never counted', async t => {
  const { app } = await wholeStage(t, { SLIPWAY_SPAWN_RATE_LIMIT: '2' })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const ask = async (path: string) => await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST' })
  const first = await ask('/api/spawn')
  const { serviceId } = await first.json() as { serviceId: string }
  t.equal(first.status, 200)
  const viewer = new WebSocket(`ws://127.0.0.1:${port}/`)
  viewer.on('error', () => {})
  await new Promise(resolve => { viewer.once('close', resolve) })
  for (const path of ['/api/spawn', '/service']) {
    const refused = await ask(path)
    t.equal(refused.status, 429)
    t.match(await refused.json(), { status: 'failed', code: 'rate_limited' })
  }
  for (let count = 0; count < 20; count++) {
    const answer = await ask(`/api/spawns/${serviceId}?liveliness=ping&viewers=1`)
    t.equal(answer.status, 200)
    await answer.arrayBuffer()
  }
})

t.test('stream servers are heard only at levels that are written somewhere', async t => {
  for (const [env, told] of [
    [{ SLIPWAY_LOG_CHILD_STDOUT_LEVEL: 'debug', SLIPWAY_LOG_CHILD_STDERR_LEVEL: 'warn' }, { stdout: false, stderr: true }],
    [{ SLIPWAY_LOG_CHILD_STDOUT_LEVEL: 'trace' }, undefined],
    [{}, undefined]
  ] as const) {
    const { app, launcher } = await wholeStage(t, env, { level: 'info', stream: { write: () => {} } })
    await app.inject({ method: 'POST', url: '/api/spawn' })
    t.same(launcher.orders[0]?.tellOutput, told)
  }
})

t.test('without metrics there is no page for them', async t => {
  const { app } = await wholeStage(t, { SLIPWAY_METRICS: 'false' })
  t.equal((await app.inject('/metrics')).statusCode, 404)
})

t.test('closing a service on which sessions run ends them and is quick; closing twice is nothing', async t => {
  const { app, launcher } = await wholeStage(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const page = new WebSocket(`ws://127.0.0.1:${port}/api/events`)
  await once(page, 'message')
  await app.inject({ method: 'POST', url: '/api/spawn' })
  const closed = once(page, 'close')
  await app.close()
  await app.close()
  t.equal((await closed)[0], 1001)
  t.equal(launcher.alive.size, 0)
  t.equal(app.spawner.alive, 0)
  t.equal(app.portPool.counts().leased, 0)
})

t.test('pages of other origins, and other names for this machine, are turned away on every way in', async t => {
  const { app } = await wholeStage(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const own = `127.0.0.1:${port}`
  const evil = { origin: 'https://evil.example', host: own }
  const rebound = { host: 'evil.example', origin: 'http://evil.example' }
  for (const [headers, status] of [[evil, 403], [rebound, 421]] as const) {
    for (const [method, url] of [['POST', '/api/spawn'], ['POST', '/service'], ['OPTIONS', '/api/spawn'], ['DELETE', '/api/spawns/nobody']] as const) {
      t.equal((await app.inject({ method, url, headers })).statusCode, status, `${method} ${url}`)
    }
    for (const path of ['/api/events', '/', '/wsproxy/12000']) {
      const page = new WebSocket(`ws://${own}${path}`, { headers })
      page.on('error', () => {})
      const entered = await new Promise(resolve => {
        page.once('message', () => { resolve(true) })
        page.once('close', () => { resolve(false) })
      })
      t.equal(entered, false, path)
    }
  }
  t.equal((await app.inject({ url: '/api/status', headers: rebound })).statusCode, 421, 'nor may they read by another name')
  t.equal(app.spawner.alive, 0)
  const page = new WebSocket(`ws://${own}/api/events`, { headers: { origin: `http://${own}` } })
  t.match(JSON.parse(String((await once(page, 'message'))[0])), { type: 'sessions' }, 'our own page is let in')
  page.terminate()
})

t.test('the tutorial service is there on the loopback, and where it is asked for', async t => {
  for (const [env, status] of [[{}, 200], [{ SLIPWAY_TUTORIAL: 'false' }, 404], [{ SLIPWAY_HOST: '0.0.0.0' }, 404], [{ SLIPWAY_HOST: '0.0.0.0', SLIPWAY_TUTORIAL: 'true' }, 200]] as const) {
    const { app } = await wholeStage(t, env)
    t.equal((await app.inject({ method: 'POST', url: '/spawn' })).statusCode, status, JSON.stringify(env))
    t.equal((await app.inject('/status')).statusCode, status)
  }
})

t.test('where it is open, requests may name any folder; else the configured ones', async t => {
  for (const [env, status] of [[{}, 400], [{ SLIPWAY_OPEN: 'true' }, 200]] as const) {
    const { app, launcher } = await wholeStage(t, env)
    const answer = await app.inject({ method: 'POST', url: '/api/spawn', payload: { params: { modelSearchDirectories: ['/anywhere/at/all'] } } })
    t.equal(answer.statusCode, status)
    if (status === 200) t.match(launcher.orders[0]?.args.join(' '), '--model-search-directories /anywhere/at/all;')
  }
})

t.test('what the settings say of stream servers arrives on their command lines and in their environment', async t => {
  const { app, launcher, dir } = await wholeStage(t, {
    SLIPWAY_SSR_GPU_COUNT: '2',
    SLIPWAY_CHILD_ENV: 'HOME,NOT_THERE',
    SLIPWAY_CSR_ARGS: '--more;a b',
    SLIPWAY_SSR_ARGS: '--other',
    SLIPWAY_LICENSE: 'the text',
    SLIPWAY_STREAM_SERVER_LOG_FILE_MASK: '15'
  })
  for (const [index, type] of ['ssr_session', 'csr_session', 'ssr_session'].entries()) {
    await app.inject({ method: 'POST', url: '/api/spawn', payload: { class: type, params: { sessionToken: `t0ken-${index}` } } })
  }
  const said = launcher.orders.map(({ args }) => args.join(' '))
  t.match(said[0], /--ssr true --ssr-gpu-index 0 --other --license the text$/)
  t.match(said[1], /--csr true --more a b --license the text$/)
  t.match(said[2], /--ssr true --ssr-gpu-index 1 --other --license the text$/)
  t.match(launcher.orders, [{ env: { DISPLAY: ':7', HOME: '/home/hoops' } }, { env: { DISPLAY: ':7', HOME: '/home/hoops' } }])
  t.match((await app.inject('/api/status')).json(), { gpuAllocation: { 0: 1, 1: 1 } })
  t.match((await app.inject('/metrics')).body, 'slipway_gpu_sessions{gpu="1"} 1')

  const { id = '', args = [], logFile, secrets } = launcher.orders[0] ?? {}
  const own = args[args.indexOf('--log-file') + 1] ?? ''
  t.ok(own.startsWith(`${dir}/logs/comm_scserver_ssr_`) && own.endsWith(`_${id}.log`), own)
  t.match(said[0], `--sc-verbose-logging true --log-file ${own} --log-file-category-mask 15 --initial-use-duration`)
  t.equal(logFile, own.replace(/\.log$/, '_output.log'), 'its output is kept beside it')
  t.same(secrets, ['the text', 't0ken-0'])
})
