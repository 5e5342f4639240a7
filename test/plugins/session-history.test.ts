import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import sessionHistory from '../../plugins/session-history.ts'
import { verifyHistory } from '../../src/history/verify.ts'
import { appStage, opened, reached, type AppStageOptions } from '../fixtures/app-stage.ts'

/** The stage uses the test's own. */
function folder (t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'slipway-history-'))
  t.teardown(() => { rmSync(dir, { recursive: true }) })
  return dir
}

interface Answer { history: Array<{ from: string | null, to: string, by: string, reason: string | null }>, leftOut: number }

async function historyStage (t: Test, { file = null, sessions = 100, ...options }: AppStageOptions & { file?: string | null, sessions?: number } = {}) {
  const stage = await appStage(t, options)
  const { app, clock } = stage
  await app.register(sessionHistory, { sessions, file: file === null ? null : { path: file, limit: 1_000_000, keep: 2 }, recalled: [], clock })
  await app.ready()
  const steps = async (id: string) => (await app.inject(`/api/spawns/${id}/history`)).json<Answer>().history.map(({ from, to, by, reason }) => `${from ?? ''}>${to} ${by}${reason === null ? '' : ` ${reason}`}`)
  return { ...stage, steps }
}

t.test('the history of a session: every step with its time, who made it and why', async t => {
  const { app, launcher, clock } = await historyStage(t)
  const { id, port } = await opened(app, { model: 'engine', sessionToken: 's3cret' })
  app.spawner.viewerCame(id)
  await clock.advance(5_000)
  launcher.exit(id, { code: 3, outputTail: 'boom' })
  const answer = await app.inject(`/api/spawns/${id}/history`)
  t.equal(answer.statusCode, 200)
  const always = { renderer: 'csr', model: 'engine', via: 'rest', signal: null }
  const soon = new Date(1_000_000).toISOString()
  t.same(answer.json(), {
    id,
    leftOut: 0,
    history: [
      { at: soon, from: null, to: 'queued', by: 'caller', reason: null, port: null, pid: null, exitCode: null, ...always },
      { at: soon, from: 'queued', to: 'starting', by: 'service', reason: null, port, pid: null, exitCode: null, ...always },
      { at: soon, from: 'starting', to: 'ready', by: 'stream_server', reason: null, port, pid: null, exitCode: null, ...always },
      { at: soon, from: 'ready', to: 'connected', by: 'viewer', reason: null, port, pid: 1000, exitCode: null, ...always },
      { at: new Date(1_005_000).toISOString(), from: 'connected', to: 'failed', by: 'stream_server', reason: 'crashed', port, pid: 1000, exitCode: 3, ...always }
    ]
  })
  t.notMatch(answer.body, /s3cret/)
})

t.test('who ends a session is told apart', async t => {
  const { app, clock, launcher, steps } = await historyStage(t, { max: 8 })
  const last = async (act: (id: string) => unknown, how = {}) => {
    const { id } = await opened(app, how)
    const over = new Promise<void>(resolve => { app.spawner.on('session', session => { if (session.id === id && session.endedAt !== null) resolve() }) })
    await act(id)
    await over
    return (await steps(id)).slice(-2)
  }
  t.same(await last(id => app.spawner.stop(id, 'admin')), ['ready>draining operator admin', 'draining>stopped stream_server admin'])
  t.same(await last(id => app.spawner.stop(id, 'client_closed', 'caller')), ['ready>draining caller client_closed', 'draining>stopped stream_server client_closed'])
  t.same(await last(id => { app.spawner.report(id, { kind: 'disconnect', viewers: null, idle: null }); launcher.exit(id, {}) }), ['ready>draining viewer client_closed', 'draining>stopped stream_server client_closed'])
  t.same(await last(id => { launcher.exit(id, { code: null, signal: 'SIGKILL' }) }), ['starting>ready stream_server', 'ready>failed system killed_by_signal'])
  t.same(await last(() => clock.advance(17_000)), ['ready>draining limit ping_timeout', 'draining>failed stream_server ping_timeout'])
  t.same(await last(() => { void app.spawner.stopAll() }), ['ready>draining service drain', 'draining>stopped stream_server drain'])
})

t.test('a caller that hangs up, and a process that outlives everything', async t => {
  const { app, clock, launcher, steps } = await historyStage(t, { autoReady: false })
  const caller = new AbortController()
  const starting = reached(app.spawner, 'starting')
  const opening = opened(app, { signal: caller.signal }).catch(() => {})
  const { id } = await starting
  launcher.obeys = []
  caller.abort()
  await opening
  await clock.advance(15_000)
  t.same((await steps(id)).slice(2), ['starting>draining caller client_closed', 'draining>lost limit client_closed'])
})

t.test('a session that was started ahead and is being started is claimed by whoever asks', async t => {
  const { app, clock, steps } = await historyStage(t, { ahead: { csr: 1, ssr: 0 }, autoReady: false })
  const starting = reached(app.spawner, 'starting')
  app.spawner.startAhead()
  await clock.advance(1_000)
  const { id } = await starting
  const opening = opened(app)
  app.spawner.report(id, { kind: 'ready', viewers: null, idle: null })
  t.equal((await opening).id, id)
  t.same(await steps(id), ['>queued service', 'queued>starting service', 'starting>ready stream_server'])
})

t.test('a session whose record is forgotten still has its history, for as long as that is kept', async t => {
  const { app, clock, launcher } = await historyStage(t, { sessions: 1 })
  const ended = async () => {
    const { id } = await opened(app)
    launcher.exit(id, {})
    return id
  }
  const first = await ended()
  await clock.advance(700_000)
  t.equal(app.spawner.session(first), undefined)
  t.equal((await app.inject(`/api/spawns/${first}/history`)).statusCode, 200)
  await ended()
  t.match(await app.inject(`/api/spawns/${first}/history`).then(answer => answer.json() as unknown), { statusCode: 404, code: 'UNKNOWN_SESSION', reason: `No history of a session ${first} is kept` })
})

t.test('where a file is named, every step is a line in it, chained to the one before', async t => {
  const file = join(folder(t), 'deeper', 'history.jsonl')
  const { app, launcher } = await historyStage(t, { file })
  const { id } = await opened(app, { model: 'engine', sessionToken: 's3cret' })
  launcher.exit(id, { code: 1 })
  await app.close()
  const text = readFileSync(file, 'utf8')
  t.match(text.trimEnd().split('\n').map(line => JSON.parse(line) as unknown), [
    { event: 'service started' },
    { event: 'session', session: id, from: null, to: 'queued', by: 'caller', model: 'engine' },
    { to: 'starting' },
    { to: 'ready' },
    { to: 'failed', by: 'stream_server', reason: 'crashed', exitCode: 1, number: 5 }
  ])
  t.notMatch(text, /s3cret/)
  t.match(verifyHistory([file]), { status: 'sound', records: 5 })
})

t.test('what is wrong with the file is in the log, once, and sessions go on', async t => {
  const dir = folder(t)
  writeFileSync(join(dir, 'file'), '')
  const file = join(dir, 'file', 'history.jsonl')
  const { app, log, launcher } = await historyStage(t, { file })
  for (let index = 0; index < 3; index++) launcher.exit((await opened(app)).id, {})
  await app.close()
  const lines = log.filter(({ msg }) => /history/.test(msg))
  t.match(lines, [{ level: 50, msg: /^SLIPWAY_HISTORY_FILE: the history cannot be written to .* for now: (ENOTDIR|EEXIST)/ }])
  t.equal(lines.length, 1)
})

t.test('a line cut off after a crash is in the log', async t => {
  const file = join(folder(t), 'history.jsonl')
  const first = await historyStage(t, { file })
  await first.app.close()
  appendFileSync(file, '{"at":')
  const { log } = await historyStage(t, { file })
  t.match(log.map(({ msg }) => msg), [/never finished was cut off \(6 bytes\)/])
})
