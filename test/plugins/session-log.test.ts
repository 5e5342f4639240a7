import t from 'tap'
import sessionLog from '../../plugins/session-log.ts'
import { appStage, open, opened } from '../fixtures/app-stage.ts'

const quiet = { output: { stdout: 'none', stderr: 'none' } } as const

t.test('the life of a session is in the log, each line with its id, and no line with its token', async t => {
  const { app, log, launcher } = await appStage(t)
  await app.register(sessionLog, quiet)
  await app.ready()
  const { id, port } = await opened(app, { model: 'engine', sessionToken: 's3cret' })
  app.spawner.report(id, { kind: 'disconnect', viewers: null, idle: null })
  launcher.exit(id, { code: 0 })
  t.match(log, [
    { level: 30, spawnId: id, msg: 'session queued', model: 'engine', renderer: 'csr' },
    { level: 30, spawnId: id, msg: 'session queued > starting', port },
    { level: 30, spawnId: id, msg: 'session starting > ready' },
    { level: 30, spawnId: id, msg: 'session ready > draining (client_closed)', childPid: 1000 },
    { level: 30, spawnId: id, msg: 'session draining > stopped (client_closed)', exitCode: 0, signal: null, pid: process.pid }
  ])
  t.notMatch(JSON.stringify(log), /s3cret/)
})

t.test('a session that fails is a warning with the last words of its process', async t => {
  const { app, log, launcher } = await appStage(t)
  await app.register(sessionLog, quiet)
  await app.ready()
  const { id } = await opened(app)
  launcher.exit(id, { code: 3, outputTail: 'boom' })
  t.match(log.at(-1), { level: 40, spawnId: id, reason: 'crashed', exit: { code: 3, signal: null, outputTail: 'boom' }, msg: 'session ready > failed (crashed)' })
})

t.test('a process that outlives SIGKILL is a warning', async t => {
  const { app, log, launcher, clock } = await appStage(t)
  await app.register(sessionLog, quiet)
  await app.ready()
  const { id } = await opened(app)
  launcher.obeys = []
  void app.spawner.stop(id, 'admin')
  await clock.advance(10_000)
  t.match(log.at(-1), { level: 40, spawnId: id, reason: 'admin', msg: 'session draining > lost (admin)' })
})

t.test('a request that is refused is no session', async t => {
  const { app, log } = await appStage(t)
  await app.register(sessionLog, quiet)
  await app.ready()
  app.spawner.drain()
  await open(app)
  t.same(log, [])
})

t.test('what stream servers say is in the log at the levels that are set, each line with the session\'s id', async t => {
  const { app, log, launcher } = await appStage(t, { tellOutput: { stdout: true, stderr: false } })
  await app.register(sessionLog, { output: { stdout: 'warn', stderr: 'none' } })
  await app.ready()
  const { id } = await opened(app)
  t.match(launcher.orders, [{ tellOutput: { stdout: true, stderr: false } }])
  launcher.emit('output', { id, stream: 'stdout', lines: ['loading %s', 'red \u001b[31mtext'], leftOut: 7 })
  launcher.emit('output', { id, stream: 'stderr', lines: ['nobody asked'], leftOut: 0 })
  launcher.emit('output', { id: 'lost-long-ago', stream: 'stdout', lines: ['still here'], leftOut: 0 })
  t.match(log.filter(({ level }) => level === 40), [
    { spawnId: id, msg: 'stdout: loading %s' },
    { spawnId: id, msg: 'stdout: red \\u001b[31mtext' },
    { spawnId: id, msg: 'stdout: (7 more lines)' },
    { spawnId: 'lost-long-ago', msg: 'stdout: still here' }
  ])
  t.notMatch(JSON.stringify(log), 'nobody asked')
})

t.test('where nobody wants to hear them, the launcher is not asked', async t => {
  const { app, launcher } = await appStage(t)
  await opened(app)
  t.notOk('tellOutput' in (launcher.orders[0] ?? {}))
})
