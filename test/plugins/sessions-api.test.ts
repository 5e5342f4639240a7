import t, { type Test } from 'tap'
import sessionsApi from '../../plugins/sessions-api.ts'
import { appStage, opened, reached, type AppStageOptions } from '../fixtures/app-stage.ts'

async function apiStage (t: Test, options: AppStageOptions = {}) {
  const stage = await appStage(t, options)
  const { app } = stage
  await app.register(sessionsApi, { open: false, adminKey: 'a key' })
  await app.ready()
  const get = async (url: string) => {
    const answer = await app.inject(url)
    return { status: answer.statusCode, body: answer.json() as Record<string, unknown> }
  }
  return { ...stage, get }
}

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
  t.notMatch((await app.inject(`/api/spawns/${id}`)).body, /s3cret|\/private/)
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
      t.same(answer.json(), { result: 'error', reason: `There is no session ${id}`, statusCode: 404, code: 'UNKNOWN_SESSION', error: 'Not Found', message: `There is no session ${id}` })
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

t.test('it is ready while a session would be admitted', async t => {
  const { app, get } = await apiStage(t, { max: 1 })
  t.same(await get('/readyz'), { status: 200, body: { ready: true } })
  const { id } = await opened(app)
  t.same(await get('/readyz'), { status: 503, body: { ready: false, reason: 'full' } })
  await app.spawner.stop(id, 'admin')
  t.same(await get('/readyz'), { status: 200, body: { ready: true } }, 'its port still rests, but who asks waits only a moment')
  app.spawner.drain()
  t.same(await get('/readyz'), { status: 503, body: { ready: false, reason: 'draining' } })
})

t.test('from elsewhere nobody stops a session or reads what its stream server said, but for who has the key', async t => {
  const { app, launcher } = await apiStage(t)
  const { id } = await opened(app)
  const elsewhere = { remoteAddress: '192.0.2.9' }
  t.match(await app.inject({ method: 'DELETE', url: `/api/spawns/${id}`, ...elsewhere }), { statusCode: 403, body: /SLIPWAY_ADMIN_KEY/ })
  t.match(await app.inject({ method: 'DELETE', url: `/api/spawns/${id}`, headers: { 'x-forwarded-for': '192.0.2.9' } }), { statusCode: 403 }, 'through a proxy')
  t.equal(app.spawner.session(id)?.state, 'ready')
  const draining = reached(app.spawner, 'draining')
  const stopped = app.inject({ method: 'DELETE', url: `/api/spawns/${id}`, headers: { authorization: 'Bearer a key' }, ...elsewhere }).then(answer => answer)
  await draining
  launcher.exit(id, { code: null, signal: 'SIGTERM' })
  t.match(await app.inject({ url: `/api/spawns/${id}`, ...elsewhere }), { statusCode: 200, body: /"output":null/ })
  t.match(await stopped, { statusCode: 200 })
})
