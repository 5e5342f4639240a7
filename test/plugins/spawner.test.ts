import { existsSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import t, { type Test } from 'tap'
import portPool from '../../plugins/port-pool.ts'
import spawnerPlugin, { type SpawnerPluginOptions } from '../../plugins/spawner.ts'
import { PreflightError } from '../../src/errors.ts'
import { loggingApp, open, opened, appStage, reached } from '../fixtures/app-stage.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'
import { FakeLauncher } from '../fixtures/fake-launcher.ts'
import { portRange } from '../fixtures/leak-check.ts'
import { stageLimits } from '../fixtures/spawner-stage.ts'

/** The plugin with settings of one's own; everything needed is in `dir`. */
async function plannedStage (t: Test, change: (options: SpawnerPluginOptions, dir: string) => Partial<SpawnerPluginOptions>) {
  const dir = t.testdir({ sc: '#!/bin/sh\n', plain: 'not to be run', folder: {}, models: {}, license: 'abc' })
  await chmod(`${dir}/sc`, 0o755)
  const { app, log } = loggingApp(t)
  const clock = new FakeClock()
  const launcher = new FakeLauncher()
  const options: SpawnerPluginOptions = {
    program: { kind: 'ts3d_sc_server', executable: `${dir}/sc`, leading: [], renderers: ['csr', 'ssr'] },
    common: { modelDirs: [`${dir}/models`], workspaceDir: `${dir}/work/space`, licenseFile: `${dir}/license`, pingInterval: 5, firstConnectTimeout: 60 },
    renderers: ['csr', 'ssr'],
    maxSessions: 2,
    limits: stageLimits,
    keepEnded: 600,
    logDir: `${dir}/logs/here`,
    sessionLogBytes: 4096,
    launcher,
    clock
  }
  await app.register(portPool, { begin: await portRange(2), count: 2, rest: 2, retry: 30, own: [], clock })
  await app.register(spawnerPlugin, { ...options, ...change(options, dir) })
  const problems = async () => {
    try {
      await app.ready()
      return []
    } catch (error) {
      return error instanceof PreflightError ? error.problems.map(problem => problem.replaceAll(dir, '~')) : [`no preflight error: ${String(error)}`]
    }
  }
  return { app, log, dir, launcher, problems }
}

t.test('what a start needs is made or found before the first one', async t => {
  const { dir, problems } = await plannedStage(t, () => ({}))
  t.same(await problems(), [])
  t.ok(existsSync(`${dir}/work/space`), 'the workspace is made')
  t.ok(existsSync(`${dir}/logs/here`), 'the log folder is made')
})

for (const [name, change, expected] of [
  ['a missing stream server', ({ program }, dir) => ({ program: { ...program, executable: `${dir}/nothing` } }), ['SLIPWAY_STREAM_SERVER: ~/nothing is not an executable file (ENOENT)']],
  ['a stream server that may not be run', ({ program }, dir) => ({ program: { ...program, executable: `${dir}/plain` } }), ['SLIPWAY_STREAM_SERVER: ~/plain is not an executable file (EACCES)']],
  ['a folder for a stream server', ({ program }, dir) => ({ program: { ...program, executable: `${dir}/folder` } }), ['SLIPWAY_STREAM_SERVER: ~/folder is not an executable file (EISDIR)']],
  ['an embedded stream server that is not built', ({ program }, dir) => ({ program: { ...program, kind: 'embedded', leading: [`${dir}/main.mjs`] } }), ['the embedded stream server is not built: ~/main.mjs is missing; run npm run build (ENOENT)']],
  ['a missing licence', ({ common }, dir) => ({ common: { ...common, licenseFile: `${dir}/none` } }), ['SLIPWAY_LICENSE_FILE: ~/none cannot be read (ENOENT)']],
  ['a missing model folder', ({ common }, dir) => ({ common: { ...common, modelDirs: [`${dir}/models`, `${dir}/none`] } }), ['SLIPWAY_MODEL_DIRS: ~/none cannot be read (ENOENT)']],
  ['a file for a model folder', ({ common }, dir) => ({ common: { ...common, modelDirs: [`${dir}/plain`] } }), ['SLIPWAY_MODEL_DIRS: ~/plain cannot be read (ENOTDIR)']],
  ['a workspace that cannot be made', ({ common }, dir) => ({ common: { ...common, workspaceDir: `${dir}/plain/work` } }), ['SLIPWAY_WORKSPACE_DIR: ~/plain/work cannot be made (ENOTDIR)']],
  ['a log folder that cannot be made', (_, dir) => ({ logDir: `${dir}/plain` }), ['SLIPWAY_LOG_DIR: ~/plain cannot be made (EEXIST)']],
  ['everything at once', ({ program, common }, dir) => ({
    program: { ...program, executable: `${dir}/nothing` },
    common: { ...common, licenseFile: `${dir}/none`, modelDirs: [`${dir}/a`, `${dir}/b`], workspaceDir: `${dir}/plain/work` },
    logDir: `${dir}/plain/log`
  }), [
    'SLIPWAY_STREAM_SERVER: ~/nothing is not an executable file (ENOENT)',
    'SLIPWAY_LICENSE_FILE: ~/none cannot be read (ENOENT)',
    'SLIPWAY_MODEL_DIRS: ~/a cannot be read (ENOENT)',
    'SLIPWAY_MODEL_DIRS: ~/b cannot be read (ENOENT)',
    'SLIPWAY_WORKSPACE_DIR: ~/plain/work cannot be made (ENOTDIR)',
    'SLIPWAY_LOG_DIR: ~/plain/log cannot be made (ENOTDIR)'
  ]]
] as Array<[string, Parameters<typeof plannedStage>[1], string[]]>) {
  t.test(`${name} is told before anything is bound`, async t => {
    const { problems } = await plannedStage(t, change)
    t.same(await problems(), expected)
  })
}

t.test('a licence that cannot be read is told', { skip: process.getuid?.() === 0 && 'the superuser reads everything' }, async t => {
  const { dir, problems } = await plannedStage(t, () => ({}))
  await chmod(`${dir}/license`, 0)
  t.same(await problems(), ['SLIPWAY_LICENSE_FILE: ~/license cannot be read (EACCES)'])
})

t.test('a launcher that cannot be started stops the service from starting', async t => {
  const { app, launcher } = await plannedStage(t, () => ({}))
  launcher.open = async () => { throw new Error('no processes left') }
  await t.rejects(async () => { await app.ready() }, { message: 'no processes left' })
})

t.test('the order for a session: command line, environment and log file', async t => {
  const { app, dir, launcher } = await plannedStage(t, () => ({}))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as { port: number }
  const starting = reached(app.spawner, 'starting')
  void open(app, { renderer: 'ssr', model: 'engine', sessionToken: 't0ken', modelSearchDirectories: [`${dir}/models`] })
  const { id, port: own } = await starting
  t.match(launcher.orders, [{
    id,
    executable: `${dir}/sc`,
    args: [
      '--id', id, '--sc-port', String(own), '--liveliness-endpoint', `http://127.0.0.1:${port}/api/spawns/`, '--liveliness-update-frequency', '5',
      '--model-search-directories', `${dir}/models;${dir}/models`, '--initial-use-duration', '60', '--workspace-dir', `${dir}/work/space`,
      '--session-token', 't0ken', '--model-file', 'engine', '--ssr', 'true', '--license-file', `${dir}/license`
    ],
    env: { LD_LIBRARY_PATH: dir, DYLD_LIBRARY_PATH: dir, DISPLAY: ':0' },
    logFile: `${dir}/logs/here/1970-01-01T00-16-40-000Z_ssr_${id}.log`,
    logBytes: 4096
  }])
})

for (const [host, expected] of [['::1', 'http://[::1]:'], ['0.0.0.0', 'http://127.0.0.1:'], ['::', 'http://127.0.0.1:']] as const) {
  t.test(`stream servers report to ${expected} when the service listens on ${host}`, async t => {
    const { app, launcher } = await plannedStage(t, () => ({}))
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
