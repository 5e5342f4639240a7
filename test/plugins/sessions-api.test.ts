import t, { type Test } from 'tap'
import sessionsApi from '../../plugins/sessions-api.ts'
import { appStage, open, opened, reached, type AppStageOptions } from '../fixtures/app-stage.ts'

async function apiStage (t: Test, options: AppStageOptions = {}) {
  const stage = await appStage(t, options)
  const { app, clock } = stage
  await app.register(sessionsApi, { clock, pingInterval: 5, firstConnectTimeout: 60 })
  await app.ready()
  const get = async (url: string) => {
    const answer = await app.inject(url)
    return { status: answer.statusCode, body: answer.json() as Record<string, unknown> }
  }
  return { ...stage, get }
}

const noSessions = { launching: 0, ready: 0, suspect: 0, disconnected: 0, 'nice-killed': 0, killed: 0, zombie: 0, dead: 0 }

t.test('the status page has the official fields', async t => {
  const { get } = await apiStage(t)
  const { status, body } = await get('/api/status')
  t.equal(status, 200)
  t.same(Object.keys(body), ['timestamp', 'status', 'config', 'memory', 'usedSpawnPorts', 'availableSpawnPorts', ...Object.keys(noSessions)])
  t.match(body, {
    timestamp: new Date(1_000_000).toISOString(),
    status: 'ok',
    config: { spawnMaxSpawnCount: 4, csrEnabled: true, ssrEnabled: true, spawnLivelinessReportIntervalTime: 5, spawnInitialUseDuration: 60 },
    memory: { rss: /^\d+\.\d{3} MB$/, heapTotal: /^\d+\.\d{3} MB$/, heapUsed: /^\d+\.\d{3} MB$/, external: /^\d+\.\d{3} MB$/ },
    usedSpawnPorts: 0,
    availableSpawnPorts: 4,
    ...noSessions
  })
})

t.test('the status page counts sessions in the official states', async t => {
  const { app, launcher, clock, get } = await apiStage(t, { max: 5 })
  launcher.obeys = []
  await opened(app)
  const connected = await opened(app)
  app.spawner.report(connected.id, { kind: 'ping', viewers: 1, idle: null })
  const leaving = await opened(app)
  app.spawner.report(leaving.id, { kind: 'disconnect', viewers: null, idle: null })
  const lost = await opened(app)
  void app.spawner.stop(lost.id, 'admin')
  t.match((await get('/api/status')).body, { ...noSessions, ready: 2, disconnected: 1, 'nice-killed': 1, usedSpawnPorts: 4, availableSpawnPorts: 1 })
  const starting = reached(app.spawner, 'starting')
  launcher.answer = () => ({ status: 'started', pid: 1 })
  void open(app)
  await starting
  launcher.exit(leaving.id, { code: 0 })
  t.match((await get('/api/status')).body, { ...noSessions, launching: 1, ready: 2, 'nice-killed': 1, usedSpawnPorts: 4, availableSpawnPorts: 1 })
  await clock.advance(10_000)
  t.match((await get('/api/status')).body, { zombie: 1, usedSpawnPorts: 4 }, 'one that outlives SIGKILL keeps its port')
  const { spawns } = (await get('/api/spawns')).body as { spawns: Array<{ id: string, state: string }> }
  t.equal(spawns.length, 4)
  t.match(spawns.find(({ id }) => id === lost.id), { state: 'zombie' })
  launcher.exit(lost.id, { code: null, signal: 'SIGKILL' })
  t.match((await get('/api/status')).body, { zombie: 0, usedSpawnPorts: 3 })
  launcher.obeys = ['SIGTERM']
})

t.test('the list of spawns has the official fields and living sessions only', async t => {
  const { app, launcher, clock, get } = await apiStage(t)
  const first = await opened(app)
  await clock.advance(2_000)
  app.spawner.report(first.id, { kind: 'ping', viewers: null, idle: null })
  const second = await opened(app)
  launcher.exit(second.id, { code: 1 })
  const { status, body } = await get('/api/spawns')
  t.equal(status, 200)
  t.same(body, {
    timestamp: new Date(1_002_000).toISOString(),
    spawns: [{ id: first.id, state: 'ready', spawnTime: new Date(1_000_000).toISOString(), lastUpdateTime: new Date(1_002_000).toISOString() }]
  })
})

t.test('the help page has the official form', async t => {
  const { get } = await apiStage(t)
  const { status, body } = await get('/api/help')
  t.equal(status, 200)
  t.equal(body['status'], 'ok')
  const commands = body['rest-commands'] as Record<string, Record<string, string>>
  t.same(Object.keys(commands), ['help', 'status', 'spawns', 'spawn', 'stop'])
  for (const [name, command] of Object.entries(commands)) t.same(Object.keys(command), ['description:', 'endpoint', 'http-command', 'curl'], name)
  t.match(commands, { help: { endpoint: 'api/help', 'http-command': 'GET', curl: /^curl http:\/\/.*\/api\/help$/ }, spawn: { 'http-command': 'POST', curl: /^curl -X POST / } })
})

t.test('a session can be looked at, and tells no secret', async t => {
  const { app, launcher, get } = await apiStage(t)
  const { id, port } = await opened(app, { model: 'engine', sessionToken: 's3cret', renderer: 'ssr', modelSearchDirectories: ['/private'] })
  const record = {
    id,
    state: 'ready',
    reason: null,
    renderer: 'ssr',
    model: 'engine',
    via: 'rest',
    port,
    pid: 1000,
    createdAt: new Date(1_000_000).toISOString(),
    endedAt: null,
    lastReportAt: new Date(1_000_000).toISOString(),
    exitCode: null,
    signal: null,
    output: null
  }
  t.same(await get(`/api/spawns/${id}`), { status: 200, body: record })
  launcher.exit(id, { code: 1, outputTail: 'no more memory' })
  t.match(await get(`/api/spawns/${id}`), { status: 200, body: { state: 'failed', reason: 'crashed', exitCode: 1, signal: null, output: 'no more memory', endedAt: new Date(1_000_000).toISOString() } })
  for (const url of [`/api/spawns/${id}`, '/api/spawns', '/api/status']) t.notMatch((await app.inject(url)).body, /s3cret|\/private/, url)
})

t.test('a session can be stopped; the answer comes when its process is gone', async t => {
  const { app, launcher } = await apiStage(t)
  const { id } = await opened(app)
  launcher.obeys = []
  const draining = reached(app.spawner, 'draining')
  let answered = false
  const stopping = app.inject({ method: 'DELETE', url: `/api/spawns/${id}` }).then(answer => {
    answered = true
    return answer
  })
  await draining
  t.equal(answered, false)
  launcher.exit(id, { code: null, signal: 'SIGTERM' })
  const answer = await stopping
  t.equal(answer.statusCode, 200)
  t.match(answer.json(), { id, state: 'stopped', reason: 'admin', signal: 'SIGTERM' })
  const again = await app.inject({ method: 'DELETE', url: `/api/spawns/${id}` })
  t.equal(again.statusCode, 200, 'stopping twice is nothing')
  t.match(again.json(), { state: 'stopped', reason: 'admin' })
})

t.test('a session nobody knows', async t => {
  const { app } = await apiStage(t)
  for (const method of ['GET', 'DELETE'] as const) {
    for (const id of ['b6d2ae3e-6a23-4bd7-9a02-58c0e6f8a8cc', '__proto__', 'constructor']) {
      const answer = await app.inject({ method, url: `/api/spawns/${id}` })
      t.equal(answer.statusCode, 404)
      t.same(answer.json(), { statusCode: 404, code: 'UNKNOWN_SESSION', error: 'Not Found', message: `There is no session ${id}` })
    }
    const answer = await app.inject({ method, url: `/api/spawns/${'x'.repeat(65)}` })
    t.equal(answer.statusCode, 400)
    t.match(answer.json(), { statusCode: 400, code: 'FST_ERR_VALIDATION' })
  }
})

t.test('a DELETE with an empty JSON body, as some libraries send it, is taken', async t => {
  const { app } = await apiStage(t)
  const { id } = await opened(app)
  const answer = await app.inject({ method: 'DELETE', url: `/api/spawns/${id}`, headers: { 'content-type': 'application/json' } })
  t.equal(answer.statusCode, 200)
})

t.test('alive is one thing, ready another', async t => {
  const { app, get } = await apiStage(t, { max: 1 })
  t.same(await get('/healthz'), { status: 200, body: { status: 'alive' } })
  t.same(await get('/readyz'), { status: 200, body: { ready: true } })
  const { id } = await opened(app)
  t.same(await get('/readyz'), { status: 503, body: { ready: false, reason: 'full' } })
  await app.spawner.stop(id, 'admin')
  t.same(await get('/readyz'), { status: 200, body: { ready: true } }, 'its port still rests, but who asks waits only a moment')
  app.spawner.drain()
  t.same(await get('/readyz'), { status: 503, body: { ready: false, reason: 'draining' } })
  t.same(await get('/healthz'), { status: 200, body: { status: 'alive' } })
})
