import t, { type Test } from 'tap'
import portPool from '../../plugins/port-pool.ts'
import { sessionLogName } from '../../src/logs/names.ts'
import spawnerPlugin, { type SpawnerPluginOptions } from '../../plugins/spawner.ts'
import { loggingApp, open, opened, appStage, reached } from '../fixtures/app-stage.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'
import { FakeLauncher } from '../fixtures/fake-launcher.ts'
import { portRange } from '../fixtures/leak-check.ts'
import { stageLimits, stageRanges } from '../fixtures/spawner-stage.ts'

/** The plugin with settings of one's own. */
async function plannedStage (t: Test) {
  const { app, log } = loggingApp(t)
  const clock = new FakeClock()
  const launcher = new FakeLauncher()
  const options: SpawnerPluginOptions = {
    program: { kind: 'ts3d_sc_server', name: 'sc', options: 'official', keepsSeat: false, samples: [], executable: '/opt/sc', leading: [], renderers: ['csr', 'ssr'] },
    common: { modelDirs: ['/models'], workspaceDir: '/work', licenseFile: '/license', pingInterval: 5, firstConnectTimeout: 60 },
    environment: { display: undefined, egl: false, handedOn: {} },
    gpuCount: 0,
    reportTo: { scheme: 'http', host: '' },
    renderers: ['csr', 'ssr'],
    maxStarts: 0,
    limitRanges: stageRanges,
    maxPerCaller: 0,
    line: { room: 0, patience: 60_000 },
    hold: { line: 0, seat: 0 },
    maxSessions: 2,
    ahead: { csr: 0, ssr: 0 },
    limits: stageLimits,
    keepEnded: 600,
    logDir: '/logs',
    sessionLogBytes: 4096,
    tellOutput: { stdout: false, stderr: false },
    launcher,
    clock
  }
  await app.register(portPool, { begin: await portRange(2), count: 2, rest: 2, retry: 30, own: [], clock })
  await app.register(spawnerPlugin, options)
  return { app, log, launcher }
}

t.test('a launcher that cannot be started stops the service from starting', async t => {
  const { app, launcher } = await plannedStage(t)
  launcher.open = async () => { throw new Error('no processes left') }
  await t.rejects(async () => { await app.ready() }, { message: 'no processes left' })
})

t.test('the order for a session: command line, environment and log file', async t => {
  const { app, launcher } = await plannedStage(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as { port: number }
  const starting = reached(app.spawner, 'starting')
  void open(app, { renderer: 'ssr', model: 'engine', sessionToken: 't0ken', modelSearchDirectories: ['/models/here'] })
  const { id, port: own } = await starting
  t.match(launcher.orders, [{
    id,
    executable: '/opt/sc',
    args: [
      '--id', id, '--sc-port', String(own), '--liveliness-endpoint', `http://127.0.0.1:${port}/api/spawns/`, '--liveliness-update-frequency', '5',
      '--model-search-directories', '/models/here;/models', '--initial-use-duration', '60', '--workspace-dir', '/work',
      '--session-token', 't0ken', '--model-file', 'engine', '--ssr', 'true', '--license-file', '/license'
    ],
    env: { LD_LIBRARY_PATH: '/opt', DYLD_LIBRARY_PATH: '/opt', DISPLAY: ':0' },
    logFile: `/logs/${sessionLogName('ssr', 1_000_000, id)}`,
    logBytes: 4096
  }])
})

for (const [host, expected] of [['::1', 'http://[::1]:'], ['0.0.0.0', 'http://127.0.0.1:'], ['::', 'http://127.0.0.1:']] as const) {
  t.test(`stream servers report to ${expected} when the service listens on ${host}`, async t => {
    const { app, launcher } = await plannedStage(t)
    try {
      await app.listen({ host, port: 0 })
    } catch (error) {
      if (host !== '0.0.0.0') return t.pass(`no IPv6 here: ${String(error)}`)
      throw error
    }
    const starting = reached(app.spawner, 'starting')
    void open(app)
    await starting
    t.match(launcher.orders[0]?.args.find(arg => arg.startsWith('http:')), new RegExp(`^${expected.replace(/[[\]]/g, '\\$&')}\\d+/api/spawns/$`))
  })
}

t.test('closing takes nothing new, ends every session and then the launcher', async t => {
  const { app, launcher, clock } = await appStage(t)
  await app.ready()
  const { id } = await opened(app)
  launcher.obeys = ['SIGKILL']
  let launcherClosed = false
  launcher.close = async () => { launcherClosed = true }
  const draining = reached(app.spawner, 'draining')
  const closing = app.close()
  await draining
  t.match(await open(app), { status: 'draining' })
  t.equal(launcherClosed, false)
  await clock.advance(5_000)
  await closing
  t.match(app.spawner.session(id), { state: 'stopped', reason: 'drain', exit: { signal: 'SIGKILL' } })
  t.equal(launcherClosed, true)
  t.equal(clock.pending, 0)
})

t.test('the death of the launcher and its return are in the log', async t => {
  const { app, log, launcher } = await appStage(t)
  await app.ready()
  launcher.emit('lost', { children: 3, cause: 'SIGKILL' })
  launcher.emit('restarted')
  t.match(log.slice(-2), [{ level: 50, children: 3, cause: 'SIGKILL', msg: /died \(SIGKILL\); 3 sessions end/ }, { level: 40, msg: /is back/ }])
})
