import { EventEmitter } from 'node:events'
import t from 'tap'
import { shutDownOnSignals } from '../src/shutdown.ts'
import { settle } from './fixtures/fake-clock.ts'
import { spawnerStage } from './fixtures/spawner-stage.ts'

/** A running program with `sessions` viewers on it, and a diary of what the shutdown did. */
async function runningStage (sessions: number, keeps = false) {
  const { spawner, launcher, clock, request, report } = spawnerStage({ max: 4 })
  for (let count = 1; count <= sessions; count++) {
    const opening = spawner.open(request())
    await settle()
    report(`id-${count}`, 'ready')
    await opening
    report(`id-${count}`, 'ping', { viewers: 1 })
  }
  const signals = new EventEmitter()
  const log: string[] = []
  const ended: unknown[] = []
  const close = { times: 0, fails: undefined as Error | undefined }
  const app = {
    spawner,
    log: { info: (message: string) => { log.push(message) } },
    ...keeps ? { leaveSessions: async (patience: number) => { await spawner.leave(new Promise(resolve => { clock.after(patience, resolve) })) } } : {},
    close: async () => {
      close.times++
      await spawner.close()
      if (close.fails !== undefined) throw close.fails
    }
  }
  shutDownOnSignals(app, signals, 30, clock, error => { ended.push(error) })
  /** Reports go on while sessions run. */
  const pings = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed++) {
      await clock.advance(1_000)
      for (const { id, endedAt } of spawner.sessions()) if (endedAt === null) report(id, 'ping', { viewers: 1 })
    }
  }
  return { spawner, launcher, clock, signals, log, ended, close, pings, request }
}

t.test('SIGTERM lets sessions finish and takes nothing new', async t => {
  const { spawner, launcher, clock, signals, log, ended, close, pings, request } = await runningStage(2)
  signals.emit('SIGTERM', 'SIGTERM')
  t.same(log, ['SIGTERM: draining 2 sessions, 30 s at most'])
  t.match(await spawner.open(request()), { status: 'draining' })
  await pings(20)
  launcher.exit('id-1', { code: 0 })
  await settle()
  t.equal(close.times, 0, 'one still runs')
  launcher.exit('id-2', { code: 0 })
  await settle()
  t.same(ended, [undefined])
  t.equal(close.times, 1)
  t.same(launcher.signals, [], 'nobody was stopped')
  t.equal(clock.pending, 0)
})

t.test('SIGTERM stops what still runs when the time is over', async t => {
  const { launcher, clock, signals, ended, pings } = await runningStage(2)
  signals.emit('SIGTERM', 'SIGTERM')
  await pings(29)
  t.same(launcher.signals, [])
  await clock.advance(1_000)
  t.same(launcher.signals, ['SIGTERM', 'SIGTERM'])
  await settle()
  t.same(ended, [undefined], 'told once')
  t.equal(clock.pending, 0)
})

t.test('after SIGTERM it is known when what is left is stopped, also where a drain gave it longer', async t => {
  const { spawner, clock, signals, pings, ended } = await runningStage(1)
  spawner.drain(clock.now() + 600_000)
  signals.emit('SIGTERM', 'SIGTERM')
  t.equal(spawner.deadline, clock.now() + 30_000)
  await pings(30)
  await settle()
  t.same(ended, [undefined])
})

t.test('SIGTERM with nobody there ends at once', async t => {
  const { clock, signals, ended } = await runningStage(0)
  signals.emit('SIGTERM', 'SIGTERM')
  await settle()
  t.same(ended, [undefined])
  t.equal(clock.pending, 0)
})

for (const signal of ['SIGINT', 'SIGHUP']) {
  t.test(`${signal} stops every session now`, async t => {
    const { launcher, clock, signals, log, ended } = await runningStage(2)
    signals.emit(signal, signal)
    t.same(log, [`${signal}: stopping every session`])
    await settle()
    t.same(launcher.signals, ['SIGTERM', 'SIGTERM'])
    t.same(ended, [undefined])
    t.equal(clock.pending, 0)
  })
}

for (const [first, second] of [['SIGTERM', 'SIGTERM'], ['SIGTERM', 'SIGINT'], ['SIGINT', 'SIGINT']] as const) {
  t.test(`${second} after ${first} has no patience`, async t => {
    const { launcher, clock, signals, log, ended } = await runningStage(2)
    launcher.obeys = ['SIGKILL']
    signals.emit(first, first)
    await settle()
    t.same(ended, [])
    signals.emit(second, second)
    t.equal(log[1], `${second}: killing every session`)
    t.same(launcher.signals.slice(-2), ['SIGKILL', 'SIGKILL'])
    await settle()
    t.same(ended, [undefined], 'told once')
    t.equal(clock.pending, 0)
  })
}

t.test('a close that fails is told', async t => {
  const { signals, ended, close } = await runningStage(1)
  close.fails = new Error('the disk is full')
  signals.emit('SIGINT', 'SIGINT')
  await settle()
  t.same(ended, [close.fails])
})

t.test('where sessions outlive the service, SIGTERM leaves them as they are, and nothing moves them any more', async t => {
  const { spawner, launcher, clock, signals, log, ended, close } = await runningStage(2, true)
  const moved: string[] = []
  spawner.on('session', ({ state }) => { moved.push(state) })
  signals.emit('SIGTERM', 'SIGTERM')
  await settle()
  t.same(log, ['SIGTERM: leaving 2 sessions to the service that is started next'])
  t.same(ended, [undefined])
  t.equal(close.times, 1)
  spawner.viewerLeft('id-1')
  spawner.report('id-2', { kind: 'disconnect', viewers: null, idle: null })
  launcher.exit('id-1', { code: 0 })
  await clock.advance(600_000)
  t.same(launcher.signals, [])
  t.same(moved, [])
})

t.test('it waits for starts that somebody waits for and for ends that are under way, not longer than it may', async t => {
  const { spawner, launcher, clock, signals, ended, request } = await runningStage(1, true)
  launcher.obeys = []
  const starting = spawner.open(request())
  await settle()
  void spawner.stop('id-1', 'admin')
  signals.emit('SIGTERM', 'SIGTERM')
  await settle()
  spawner.report('id-2', { kind: 'ready', viewers: null, idle: null })
  t.match(await starting, { status: 'opened', session: { id: 'id-2' } })
  await settle()
  t.same(ended, [])
  launcher.exit('id-1', { code: 0 })
  await settle()
  t.same(ended, [undefined])
  t.match(spawner.sessions().map(({ state }) => state), ['ready', 'stopped'])

  const late = await runningStage(0, true)
  const never = late.spawner.open(late.request())
  await settle()
  late.signals.emit('SIGTERM', 'SIGTERM')
  await clock.advance(29_000)
  t.same(late.ended, [])
  await late.clock.advance(30_000)
  t.same(late.ended, [undefined])
  t.match(await never, { status: 'startFailed' }, 'whoever waits is answered')
})

t.test('SIGINT ends sessions also where they could outlive the service, and so does a second signal', async t => {
  const now = await runningStage(1, true)
  now.signals.emit('SIGINT', 'SIGINT')
  await settle()
  t.same(now.launcher.signals, ['SIGTERM'])
  const second = await runningStage(0, true)
  void second.spawner.open(second.request())
  await settle()
  second.signals.emit('SIGTERM', 'SIGTERM')
  second.signals.emit('SIGTERM', 'SIGTERM')
  await settle()
  t.same(second.launcher.signals, ['SIGKILL'])
  t.same(second.ended, [undefined])
})
