import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import officialPages, { type OfficialPagesOptions } from '../../plugins/official-pages.ts'
import { appStage, open, opened, reached, type AppStageOptions } from '../fixtures/app-stage.ts'

async function pagesStage (t: Test, options: AppStageOptions & Partial<OfficialPagesOptions> = {}) {
  const stage = await appStage(t, options)
  const { app, clock } = stage
  const stopped = { times: 0 }
  const stop = () => { stopped.times++ }
  await app.register(officialPages, { open: false, adminKey: '', config: {}, proxiesViewers: false, pingInterval: 5, firstConnectTimeout: 60, collectGarbage: undefined, stop, clock, ...options })
  await app.ready()
  const get = async (url: string) => {
    const answer = await app.inject(url)
    return { status: answer.statusCode, body: answer.json() as Record<string, unknown> }
  }
  const post = (url: string, headers: Record<string, string> = {}, remoteAddress = '127.0.0.1') => app.inject({ method: 'POST', url, headers, remoteAddress })
  return { ...stage, get, post, stopped }
}

const noSessions = { launching: 0, ready: 0, suspect: 0, disconnected: 0, 'nice-killed': 0, killed: 0, zombie: 0, dead: 0 }

t.test('the status page has the official fields', async t => {
  const { get } = await pagesStage(t, { config: { publicHostname: null, logRestFilterRegex: /x/, spawnMaxSpawnCount: 99 } })
  const { status, body } = await get('/api/status')
  t.equal(status, 200)
  t.same(Object.keys(body), ['timestamp', 'status', 'config', 'memory', 'usedSpawnPorts', 'availableSpawnPorts', ...Object.keys(noSessions)])
  const { config, memory, ...rest } = body
  t.same(config, {
    publicHostname: null,
    logRestFilterRegex: {},
    spawnMaxSpawnCount: 4,
    csrEnabled: true,
    ssrEnabled: true,
    spawnLivelinessReportIntervalTime: 5,
    spawnInitialUseDuration: 60
  }, 'what really applies wins over the file')
  t.match(memory, { rss: /^\d+\.\d{3} MB$/, heapTotal: /^\d+\.\d{3} MB$/, heapUsed: /^\d+\.\d{3} MB$/, external: /^\d+\.\d{3} MB$/ })
  t.same(rest, { timestamp: new Date(1_000_000).toISOString(), status: 'ok', usedSpawnPorts: 0, availableSpawnPorts: 4, ...noSessions })
})

t.test('where it is open, the status page has the addresses that hold while it runs, and the log warns of it', async t => {
  const { app, log, get } = await pagesStage(t, { open: true, proxiesViewers: true, config: { spawnServerPort: 11_182, statusUriBase: 'stale' } })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  t.match((await get('/api/status')).body['config'], { statusUriBase: `${url}/api/spawns/`, fileServerProxyDestinationUri: url })
  t.match(log.filter(({ level }) => level === 40), [{ msg: /^SLIPWAY_OPEN: / }])

  const without = await pagesStage(t, { open: true })
  t.notOk('fileServerProxyDestinationUri' in ((await without.get('/api/status')).body['config'] as object), 'only where viewers are passed on')
  const guarded = await pagesStage(t, { proxiesViewers: true })
  t.notMatch((await guarded.get('/api/status')).body['config'], { statusUriBase: String })
  t.same(guarded.log.filter(({ level }) => level === 40), [])
})

t.test('the status page counts sessions in the official states', async t => {
  const { app, launcher, clock, get } = await pagesStage(t, { max: 5 })
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

t.test('one that is silent is suspect after twelve seconds, until it speaks or is stopped', async t => {
  const { app, clock, get } = await pagesStage(t)
  const { id } = await opened(app)
  await clock.advance(12_000)
  t.match((await get('/api/status')).body, { ready: 1, suspect: 0 })
  await clock.advance(1)
  t.match((await get('/api/status')).body, { ready: 0, suspect: 1 })
  t.match((await get('/api/spawns')).body, { spawns: [{ id, state: 'suspect' }] })
  app.spawner.report(id, { kind: 'ping', viewers: null, idle: null })
  t.match((await get('/api/status')).body, { ready: 1, suspect: 0 })
})

t.test('the list of spawns has the official fields and living sessions only', async t => {
  const { app, launcher, clock, get } = await pagesStage(t)
  const first = await opened(app, { sessionToken: 's3cret', modelSearchDirectories: ['/private'] })
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
  t.notMatch((await app.inject('/api/status')).body, /s3cret|\/private/)
})

t.test('the help page has the official form: five commands, and a colon too many', async t => {
  const { get } = await pagesStage(t)
  const { status, body } = await get('/api/help')
  t.equal(status, 200)
  t.equal(body['status'], 'ok')
  const commands = body['rest-commands'] as Record<string, Record<string, string>>
  t.same(Object.keys(commands), ['help', 'shutdown', 'status', 'spawns', 'gc'])
  for (const [name, command] of Object.entries(commands)) t.same(Object.keys(command), ['description:', 'endpoint', 'http-command', 'curl'], name)
  t.match(commands, { help: { endpoint: 'api/help', 'http-command': 'GET', curl: /^curl -X GET http:\/\/.*\/api\/help$/ }, gc: { 'http-command': 'POST' } })
})

t.test('pages are indented, or in one line for who asks', async t => {
  const { app } = await pagesStage(t)
  for (const url of ['/api/help', '/api/status', '/api/spawns']) {
    for (const [query, lines] of [['', true], ['?raw=true', false], ['?raw=TRUE', false], ['?raw=1', true], ['?raw', true]] as const) {
      const answer = await app.inject(url + query)
      t.match(answer.headers['content-type'], /^application\/json/)
      const [first = ''] = answer.body.split('\n', 2)
      t.equal(first === '{', lines, url + query)
      if (lines) t.equal(answer.body, JSON.stringify(answer.json(), null, 2))
    }
  }
})

t.test('garbage is collected where Node can', async t => {
  const collected = { times: 0 }
  const { post } = await pagesStage(t, { collectGarbage: () => { collected.times++ } })
  const answer = await post('/api/gc')
  t.equal(answer.statusCode, 200)
  t.equal(collected.times, 1)
  const body = answer.json<Record<string, unknown>>()
  t.same(Object.keys(body), ['status', 'preGcMemory', 'postGcMemory', 'delta'])
  const amount = { rss: /^-?\d+\.\d{3} MB$/, heapUsed: /^-?\d+\.\d{3} MB$/ }
  t.match(body, { status: 'ok', preGcMemory: amount, postGcMemory: amount, delta: amount })

  const without = await (await pagesStage(t)).post('/api/gc')
  t.equal(without.statusCode, 503)
  t.same(without.json(), { status: 'failed', reason: 'Manual GC is not enabled' })
  t.match(without.body, '\n', 'indented too')
})

t.test('the service is stopped once the answer is out', async t => {
  const { post, stopped } = await pagesStage(t)
  const answer = await post('/api/shutdown', { 'content-type': 'application/json' })
  t.equal(answer.statusCode, 200)
  t.same(answer.json(), { status: 'ok', message: 'Server is shutting down' })
  t.equal(stopped.times, 1)
})

t.test('who may stop the service', async t => {
  const far = '192.0.2.1'
  for (const [who, headers, address, options, allowed] of [
    ['a program here', {}, '127.0.0.1', {}, true],
    ['a program here, by IPv6', {}, '::1', {}, true],
    ['a program elsewhere', {}, far, {}, false],
    ['somebody behind a proxy here', { 'x-forwarded-for': far }, '127.0.0.1', {}, false],
    ['a page in a browser here', { origin: 'http://evil.example' }, '127.0.0.1', {}, false],
    ['a program elsewhere with the key', { authorization: 'Bearer k3y' }, far, { adminKey: 'k3y' }, true],
    ['a program elsewhere with another key', { authorization: 'Bearer k3' }, far, { adminKey: 'k3y' }, false],
    ['a program elsewhere with no key', { authorization: 'Bearer ' }, far, { adminKey: '' }, false],
    ['anybody where it is open', { 'x-forwarded-for': far, origin: 'http://evil.example' }, far, { open: true }, true]
  ] as const) {
    await t.test(who, async t => {
      const { post, stopped } = await pagesStage(t, options)
      for (const [url, status] of [['/api/gc', 503], ['/api/shutdown', 200]] as const) {
        const answer = await post(url, headers, address)
        t.equal(answer.statusCode, allowed ? status : 403)
        if (!allowed) t.match(answer.json(), { status: 'failed', reason: /SLIPWAY_ADMIN_KEY/ })
      }
      t.equal(stopped.times, allowed ? 1 : 0)
    })
  }
})

t.test('OPTIONS tell what may be asked', async t => {
  const { app } = await pagesStage(t)
  for (const [url, allowed] of [['/api/gc', 'POST'], ['/api/shutdown', 'POST'], ['/api/status', 'GET,HEAD']] as const) {
    const answer = await app.inject({ method: 'OPTIONS', url, remoteAddress: '192.0.2.1' })
    t.equal(answer.statusCode, 200)
    t.equal(answer.headers['allow'], allowed)
    t.equal(answer.body, allowed)
  }
})
