import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import crashes from '../../plugins/crashes.ts'
import restHandshake from '../../plugins/rest-handshake.ts'
import sessionHistory from '../../plugins/session-history.ts'
import spawnLimit from '../../plugins/spawn-limit.ts'
import { Isolation } from '../../src/crashes/isolation.ts'
import { appStage, opened, type AppStageOptions } from '../fixtures/app-stage.ts'

async function crashStage (t: Test, { limit = 2, dossiers = 10, max = 10, keptIn = null, ...options }: AppStageOptions & { limit?: number, dossiers?: number, keptIn?: string | null } = {}) {
  // The clock is the stage's; a model is asked about only once there is one.
  const late: { isolation?: Isolation } = {}
  const stage = await appStage(t, { max, ...options, barred: model => late.isolation?.barred(model) })
  const { app, clock, launcher, log } = stage
  const isolation = new Isolation({ limit, window: 600_000, pause: 300_000, clock })
  late.isolation = isolation
  await app.register(sessionHistory, { sessions: 100, file: null, recalled: [], clock })
  await app.register(spawnLimit, { perMinute: 0 })
  await app.register(restHandshake, { modelDirs: [], clock })
  await app.register(crashes, { open: false, adminKey: 'a key', isolation, keptIn, dossiers, residentBytes: pid => pid === 4711 ? 64_000_000 : undefined, look: pid => pid === 4711 ? { startTime: '1', executable: '/sc', args: ['sc', '--id', 'x', '--session-token', 's3cret', ''], kept: true } : null, clock })
  await app.ready()
  const spawn = (params: object) => app.inject({ method: 'POST', url: '/api/spawn', payload: { params } })
  const crash = async (model: string, how: { code?: number | null, signal?: NodeJS.Signals, outputTail?: string } = { code: 3 }) => {
    const { id } = await opened(app, { model, sessionToken: 's3cret' })
    launcher.exit(id, how)
    return id
  }
  const warnings = () => log.filter(({ level, model }) => level >= 40 && model !== undefined).map(({ msg }) => msg)
  return { ...stage, isolation, spawn, crash, warnings }
}

t.test('a model that keeps crashing is answered 422, with when to come again; nobody else is', async t => {
  const { spawn, crash, log, launcher } = await crashStage(t)
  await crash('bad')
  t.equal((await spawn({ model: 'bad' })).statusCode, 200)
  await crash('bad')
  const started = launcher.orders.length
  const answer = await spawn({ model: 'bad' })
  t.equal(answer.statusCode, 422)
  t.equal(answer.headers['retry-after'], '300')
  t.same(answer.json(), { status: 'failed', reason: 'This model keeps crashing its stream server', code: 'model_isolated', retryAfter: 300 })
  t.equal((await spawn({ viewerModel: 'bad' })).statusCode, 422, 'which the viewer is going to name')
  t.equal(launcher.orders.length, started, 'nothing was started')
  t.equal((await spawn({ model: 'good' })).statusCode, 200)
  t.equal((await spawn({})).statusCode, 200)
  t.match(log.filter(({ msg }) => /isolated/.test(msg)), [{ level: 40, model: 'bad', msg: /keeps crashing its stream server: it is isolated/ }])
})

t.test('then one at a time may try', async t => {
  const { app, spawn, crash, clock, log } = await crashStage(t)
  await crash('bad')
  await crash('bad')
  await clock.advance(300_000)
  const trial = await spawn({ model: 'bad' })
  t.equal(trial.statusCode, 200)
  t.match(await spawn({ model: 'bad' }).then(answer => answer.json() as unknown), { code: 'model_isolated', reason: 'This model kept crashing; somebody is trying it now', retryAfter: 30 })
  app.spawner.viewerCame(trial.json<{ serviceId: string }>().serviceId)
  for (let second = 0; second < 30; second += 10) {
    app.spawner.report(trial.json<{ serviceId: string }>().serviceId, { kind: 'ping', viewers: 1, idle: null })
    await clock.advance(10_000)
  }
  t.equal((await spawn({ model: 'bad' })).statusCode, 200)
  t.match(log.filter(({ msg }) => /isolated/.test(msg)).map(({ msg }) => msg), [/keeps crashing/, /tried by one session/, /no longer isolated: a viewer has been on it/])
})

t.test('a viewer that names such a model late loses its session', async t => {
  const { app, crash, launcher } = await crashStage(t)
  await crash('bad')
  await crash('bad')
  const { id } = await opened(app)
  const other = await opened(app)
  app.spawner.report(other.id, { kind: 'ping', viewers: 1, idle: null, model: 'good' })
  app.spawner.report(id, { kind: 'ping', viewers: 1, idle: null, model: 'bad' })
  t.match(app.spawner.session(id), { state: 'draining', reason: 'model_isolated' })
  launcher.exit(id, { code: 139 })
  t.match(app.spawner.session(id), { state: 'failed', reason: 'model_isolated' })
  t.match(app.spawner.session(other.id), { state: 'connected', model: 'good' })
})

t.test('each crash has a dossier, for whoever may stop sessions', async t => {
  const { app, crash, launcher } = await crashStage(t, { limit: 0 })
  const first = await crash('engine', { code: null, signal: 'SIGSEGV', outputTail: 'reading part 17\n' })
  const second = await crash('engine', { code: null, signal: 'SIGSEGV', outputTail: 'reading part 99\n' })
  const licence = await crash('engine', { code: 6 })
  const { id: fine } = await opened(app)
  launcher.exit(fine, { code: 0 })
  const list = await app.inject('/api/crashes')
  t.equal(list.statusCode, 200)
  t.match(list.json(), {
    crashes: [{ id: second }, { id: first, model: 'engine', reason: 'killed_by_signal', signal: 'SIGSEGV', exitCode: null, words: 'SIGSEGV: it used memory that is not its own', counts: true, group: /^[0-9a-f]{12}$/ }],
    groups: [{ model: 'engine', count: 2, lastWords: 'reading part <number>' }],
    isolated: []
  })
  t.equal(list.json<{ crashes: unknown[] }>().crashes.length, 2, 'neither the licence nor a session that ended well')
  t.notOk(list.json<{ crashes: object[] }>().crashes.some(crash => 'output' in crash))
  const dossier = await app.inject(`/api/crashes/${first}`)
  t.match(dossier.headers, { 'content-disposition': `attachment; filename="crash-${first}.json"` })
  t.match(dossier.json(), {
    id: first,
    command: [process.execPath, '--id', first, '--sc-port'],
    output: 'reading part 17\n',
    timeline: [{ to: 'queued', by: 'caller' }, { to: 'starting' }, { to: 'ready' }, { to: 'failed', by: 'system', reason: 'killed_by_signal' }],
    memory: []
  })
  t.notMatch(dossier.body, /s3cret/)
  t.match(dossier.json<{ command: string[] }>().command.join(' '), '--session-token <hidden>')
  for (const id of [licence, fine, 'nobody', '__proto__']) t.match(await app.inject(`/api/crashes/${id}`), { statusCode: 404, body: /UNKNOWN_CRASH/ })
})

t.test('the memory of a process is in its dossier, as it was seen while it lived', async t => {
  const { app, launcher, clock } = await crashStage(t)
  launcher.answer = ({ id }) => {
    // A process reports after its start was told.
    setImmediate(() => { app.spawner.report(id, { kind: 'ready', viewers: null, idle: null }) })
    return { status: 'started', pid: 4711 }
  }
  const { id } = await opened(app)
  await clock.advance(5_000)
  launcher.exit(id, { code: 1 })
  t.match((await app.inject(`/api/crashes/${id}`)).json(), { memory: [1_000_000, 1_005_000].map(at => ({ at: new Date(at).toISOString(), bytes: 64_000_000 })) })
})

t.test('from elsewhere nobody sees crashes or lets a model in, but for who has the key', async t => {
  const { app, crash, isolation } = await crashStage(t, { limit: 1 })
  const id = await crash('a/b model')
  const elsewhere = { remoteAddress: '192.0.2.9' }
  const model = encodeURIComponent('a/b model')
  for (const [method, url] of [['GET', '/api/crashes'], ['GET', `/api/crashes/${id}`], ['DELETE', `/api/isolations/${model}`]] as const) {
    t.match(await app.inject({ method, url, ...elsewhere }), { statusCode: 403, body: /SLIPWAY_ADMIN_KEY/ })
  }
  t.match(await app.inject({ url: '/api/crashes', headers: { authorization: 'Bearer a key' }, ...elsewhere }).then(answer => answer.json() as unknown), { isolated: [{ model: 'a/b model', crashes: 1, until: new Date(1_300_000).toISOString(), tried: false }] })
  t.ok(isolation.barred('a/b model'))
  const freed = await app.inject({ method: 'DELETE', url: `/api/isolations/${model}`, headers: { 'content-type': 'application/json' } })
  t.equal(freed.statusCode, 200)
  t.same(freed.json(), { model: 'a/b model' })
  t.equal(isolation.barred('a/b model'), undefined)
  t.match(await app.inject({ method: 'DELETE', url: `/api/isolations/${model}` }), { statusCode: 404, body: /NOT_ISOLATED/ })
})

t.test('without dossiers models are isolated all the same', async t => {
  const { app, crash, spawn } = await crashStage(t, { limit: 1, dossiers: 0 })
  await crash('bad')
  t.equal((await spawn({ model: 'bad' })).statusCode, 422)
  t.match(await app.inject('/api/crashes').then(answer => answer.json() as unknown), { crashes: [], isolated: [{ model: 'bad' }] })
})

t.test('what is isolated stays so in the next service, until it is let in again', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-isolations-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  const keptIn = join(folder, 'isolations.json')
  const first = await crashStage(t, { limit: 1, keptIn })
  t.notOk(existsSync(keptIn), 'there is nothing to keep')
  await first.crash('bad')
  t.equal(statSync(keptIn).mode & 0o777, 0o600)
  const second = await crashStage(t, { limit: 1, keptIn })
  t.equal((await second.spawn({ model: 'bad' })).statusCode, 422)
  t.equal((await second.app.inject({ method: 'DELETE', url: '/api/isolations/bad' })).statusCode, 200)
  t.equal((await (await crashStage(t, { limit: 1, keptIn })).spawn({ model: 'bad' })).statusCode, 200)

  for (const text of ['{"not":"a list"}', '[{"model":"bad"', '[{"model":"bad","crashes":[],"until":1}]']) {
    writeFileSync(keptIn, text)
    const third = await crashStage(t, { limit: 1, keptIn })
    t.match(third.log, [{ level: 50, msg: /isolations.json cannot be read: .*let in again/ }])
    t.equal((await third.spawn({ model: 'bad' })).statusCode, 200)
    await third.crash('worse')
    t.match(JSON.parse(readFileSync(keptIn, 'utf8')), [{ model: 'worse' }], 'from then on it is whole')
  }
  const fourth = await crashStage(t, { limit: 1, keptIn })
  rmSync(folder, { recursive: true })
  await fourth.crash('bad')
  t.match(fourth.log.find(({ level }) => level === 50), { msg: /cannot be written: ENOENT/ })
  t.equal((await fourth.spawn({ model: 'bad' })).statusCode, 422, 'it is isolated all the same')
})
