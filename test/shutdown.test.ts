import { EventEmitter } from 'node:events'
import t from 'tap'
import { shutDownOnSignals } from '../src/shutdown.ts'
import { settle } from './fixtures/fake-clock.ts'
import { spawnerStage } from './fixtures/spawner-stage.ts'

/** A running program with `sessions` viewers on it, and a diary of what the shutdown did. */
async function runningStage (sessions: number) {
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
