import { execFile } from 'node:child_process'
import { copyFileSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { asking, askForViewer, openViewer, session, stopSession } from '../e2e/support/requests.ts'
import { restartable } from '../e2e/support/restartable.ts'
import { portRange } from '../fixtures/leak-check.ts'
import { comesTrue, runSlipway, slipwayProgram, startSlipway } from '../fixtures/slipway.ts'
import { Callers } from './callers.ts'
import { nodeArgs, warmedUp } from './footprint.ts'
import { broken } from './invariants.ts'
import { quick } from './quick.ts'
import { chance, drawn } from './seed.ts'
import { SmallDisk } from './small-disk.ts'

const provokes = /cannot be written|ENOSPC|EROFS/
const models = [null, null, 'mode-crash-at-start', 'mode-chatty']

t.test('the disk of logs, history and journal is full: everybody is served, and when there is room again it goes on', async t => {
  const random = chance()
  const disk = SmallDisk.make(t)
  const { start } = await restartable(t, {
    ...quick,
    SLIPWAY_FIRST_CONNECT_TIMEOUT: '60',
    SLIPWAY_STATE_DIR: join(disk.folder, 'state'),
    SLIPWAY_LOG_DIR: join(disk.folder, 'logs'),
    SLIPWAY_LOG_FILE_LEVEL: 'info',
    SLIPWAY_HISTORY_FILE: join(disk.folder, 'history.jsonl')
  }, { provokes })
  const first = await start(slipwayProgram, { around: disk.around('size=1m,mode=700') })
  disk.enter(first.pid)
  const launcher = first.launcher()
  const kept = [await openViewer(first)]

  disk.fill()
  kept.push(await openViewer(first))
  const callers = new Callers(random)
  await callers.come(first, { visits: 8, abreast: 2, models })
  t.equal(callers.fates.broken, 0, JSON.stringify(callers.answers))
  t.ok(callers.fates.opened > 0, JSON.stringify(callers.answers))
  t.match(await first.waitForLog(/the journal cannot be written for now/), { level: 50 })

  disk.clear()
  kept.push(await openViewer(first))
  const { serviceId } = await openViewer(first)
  await stopSession(first, serviceId)
  await comesTrue('output of stream servers is kept again', () => readdirSync(disk.path('logs')).some(name => name.includes(serviceId)))

  await first.stop('SIGKILL')
  const second = await start(slipwayProgram, { around: disk.beside(launcher) })
  for (const { serviceId, port } of kept) {
    t.match(await session(second, serviceId), { port, endedAt: null }, 'what came while the disk was full is known to the next service')
    await stopSession(second, serviceId)
  }
  const after = new Callers(random)
  await after.come(second, { visits: 6, abreast: 3 })
  t.equal(after.fates.opened, 6, JSON.stringify(after.answers))
  t.same(await broken(second, { asked: after.asked, before: null }), [], drawn)

  await second.stop('SIGINT')
  const copy = join(t.testdir(), 'history.jsonl')
  copyFileSync(disk.path('history.jsonl'), copy)
  t.match(await promisify(execFile)(process.execPath, [slipwayProgram, 'verify-history', copy]), { stdout: /records/ }, 'the history is whole')
  t.ok(kept.every(({ serviceId }) => readFileSync(copy, 'utf8').includes(serviceId)))
})

t.test('folders that are read-only are told at the start, and those that become so hurt nobody', async t => {
  const random = chance()
  const disk = SmallDisk.make(t)
  const logs = join(disk.folder, 'logs')
  const refused = await runSlipway(t, { SLIPWAY_LOG_DIR: logs }, { around: disk.around('ro') })
  t.equal(refused.code, 2)
  t.match(refused.stderr, /SLIPWAY_LOG_DIR: .*logs cannot be made \(EROFS\)/)

  const history = join(disk.folder, 'history')
  const slipway = await startSlipway(t, { ...quick, SLIPWAY_LOG_DIR: logs, SLIPWAY_HISTORY_FILE: join(history, 'history.jsonl') }, { around: disk.around('size=1m,mode=700'), nodeArgs, provokes })
  disk.enter(slipway.pid)
  const callers = new Callers(random)
  const before = await warmedUp(slipway, callers)
  for (const folder of [logs, history]) disk.lock(slipway.pid, folder)
  await callers.come(slipway, { visits: 10, abreast: 2, models })
  t.equal(callers.fates.broken, 0, JSON.stringify(callers.answers))
  t.ok(callers.fates.opened > 0, JSON.stringify(callers.answers))
  for (const folder of [logs, history]) disk.unlock(slipway.pid, folder)
  const { serviceId } = await openViewer(slipway)
  await stopSession(slipway, serviceId)
  await comesTrue('output of stream servers is kept again', () => readdirSync(disk.path('logs')).some(name => name.includes(serviceId)))
  t.same(await broken(slipway, { asked: callers.asked + 1, before }), [], drawn)
  t.equal((await asking(`${slipway.url}/healthz`)).status, 200)
})

t.test('a state folder and a workspace that are read-only are told at the start, and those that become so hurt nobody', async t => {
  const random = chance()
  const disk = SmallDisk.make(t)
  const [state, workspace] = [join(disk.folder, 'state'), join(disk.folder, 'workspace')]
  const env = { ...quick, SLIPWAY_FIRST_CONNECT_TIMEOUT: '60', SLIPWAY_CRASH_LIMIT: '1', SLIPWAY_STATE_DIR: state, SLIPWAY_WORKSPACE_DIR: workspace }
  const { start } = await restartable(t, env, { nodeArgs, provokes: /EROFS|the process that starts stream servers|viewing request failed/ })
  for (const [settings, words] of [
    [{ SLIPWAY_KEEP_SESSIONS: '60', SLIPWAY_STATE_DIR: state, SLIPWAY_PORT: String(await portRange(1)) }, /SLIPWAY_STATE_DIR: .*state cannot be made \(EROFS\)/],
    [{ SLIPWAY_WORKSPACE_DIR: workspace }, /SLIPWAY_WORKSPACE_DIR: .*workspace cannot be made/]
  ] as const) {
    const refused = await runSlipway(t, settings, { around: disk.around('ro') })
    t.equal(refused.code, 2)
    t.match(refused.stderr, words)
  }

  const first = await start(slipwayProgram, { around: disk.around('size=4m,mode=700') })
  disk.enter(first.pid)
  const kept = await openViewer(first)
  const callers = new Callers(random)
  for (const folder of [state, workspace]) disk.lock(first.pid, folder)
  await callers.come(first, { visits: 8, abreast: 2, models: [null, 'mode-chatty'] })
  t.equal(callers.fates.opened, 8, `a journal that is open goes on: ${JSON.stringify(callers.answers)}`)
  const bad = 'mode-crash-at-start'
  t.match(await askForViewer(first, { model: bad }), { status: 500 })
  t.match(await first.waitForLog(/isolations.json cannot be written: EROFS/), { level: 50 })
  t.match(await askForViewer(first, { model: bad }), { status: 422 }, 'it is isolated all the same')

  for (const folder of [state, workspace]) disk.unlock(first.pid, folder)
  const launcher = first.launcher()
  await first.stop('SIGKILL')
  const second = await start(slipwayProgram, { around: disk.beside(launcher) })
  t.match(await session(second, kept.serviceId), { port: kept.port, endedAt: null }, 'the next service knows it')
  await stopSession(second, kept.serviceId)

  disk.lock(second.pid, state)
  process.kill(launcher, 'SIGKILL')
  await second.waitForLog(/the process that starts stream servers died/)
  t.match(await askForViewer(second), { status: 500 }, 'no launcher can be started without a place for its socket')
  disk.unlock(second.pid, state)
  await comesTrue('there is a launcher again', async () => (await askForViewer(second)).status === 200)
})
