import t from 'tap'
import { PortPool } from '../../src/ports/port-pool.ts'
import { Session } from '../../src/sessions/session.ts'
import { SessionTable } from '../../src/sessions/session-table.ts'
import { Watchdog } from '../../src/sessions/watchdog.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'
import { stageLimits } from '../fixtures/spawner-stage.ts'

const sessionNamed = (id: string, now = 0) => new Session({ id, renderer: 'csr', model: null, via: 'rest' }, now)

t.test('the table counts the living and keeps a bounded number of records', async t => {
  const table = new SessionTable()
  const dropped: string[] = []
  for (let number = 0; number < 1_002; number++) {
    const session = sessionNamed(String(number))
    table.add(session)
    t.equal(table.alive, 1)
    session.finish(1)
    const surplus = table.ended(session)
    if (surplus !== undefined) dropped.push(surplus.id)
  }
  t.same(dropped, ['0', '1'])
  t.equal(table.alive, 0)
  t.match(table.census().csr, { queued: 0, stopped: 1_000 })
})

t.test('only the record of an ended session can be forgotten', async t => {
  const table = new SessionTable()
  const session = sessionNamed('a')
  table.add(session)
  t.equal(table.forget('a'), false)
  session.finish(1)
  table.ended(session)
  t.equal(table.forget('a'), true)
  t.equal(table.forget('a'), false)
})

t.test('a session is found by its port while it lives', async t => {
  const clock = new FakeClock()
  const pool = new PortPool({ begin: 20_000, count: 1, rest: 0, retry: 1, clock, probe: async () => ({ status: 'free' }) })
  const table = new SessionTable()
  const session = sessionNamed('a')
  table.add(session)
  session.lease = await pool.take(new AbortController().signal)
  t.equal(table.onPort(20_000), session)
  t.equal(table.onPort(20_001), undefined)
  session.finish(1)
  t.equal(table.onPort(20_000), undefined)
})

t.test('the watchdog tells a deadline once, and not while there is life', async t => {
  const clock = new FakeClock()
  const told: string[] = []
  const watchdog = new Watchdog(stageLimits, clock, (session, reason) => told.push(`${session.state} ${reason}`))
  const session = sessionNamed('a', clock.now())
  for (const state of ['starting', 'ready', 'connected'] as const) session.moveTo(state, clock.now())
  watchdog.watch(session)
  for (let second = 0; second < 100; second += 10) {
    session.lastReportAt = clock.now()
    await clock.advance(10_000)
  }
  t.same(told, [])
  await clock.advance(7_000)
  t.same(told, ['connected ping_timeout'])
  await clock.advance(1_000_000)
  t.equal(told.length, 1)
  t.equal(clock.pending, 0)
})

t.test('a limit of 0 is no limit, and a released session is not watched', async t => {
  const clock = new FakeClock()
  const watchdog = new Watchdog({ ...stageLimits, queueTimeout: 0 }, clock, () => t.fail('nothing to tell'))
  watchdog.watch(sessionNamed('a', clock.now()))
  t.equal(clock.pending, 0)
  const session = sessionNamed('b', clock.now())
  session.moveTo('starting', clock.now())
  watchdog.watch(session)
  watchdog.release(session)
  watchdog.release(session)
  await clock.advance(1_000_000)
})
