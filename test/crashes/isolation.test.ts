import t from 'tap'
import { Isolation, type IsolationOptions } from '../../src/crashes/isolation.ts'
import type { Reason } from '../../src/sessions/reasons.ts'
import type { SessionView } from '../../src/sessions/session.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

/** An isolation on a fake clock, a diary of what it told, and sessions as a spawner would tell of them. */
function stage (options: Partial<IsolationOptions> = {}) {
  const clock = new FakeClock()
  const isolation = new Isolation({ limit: 3, window: 600_000, pause: 300_000, clock, ...options })
  const diary: string[] = []
  isolation.on('isolated', ({ model, until, again }) => { diary.push(`isolated ${model} for ${until - clock.now()}${again ? ' again' : ''}`) })
  isolation.on('tried', ({ model, id }) => { diary.push(`tried ${model} by ${id}`) })
  isolation.on('released', ({ model, by }) => { diary.push(`released ${model} by ${by}`) })
  let ids = 0
  const view = (changes: Partial<SessionView>): SessionView => ({ id: 'x', renderer: 'csr', model: null, via: 'rest', state: 'queued', reason: null, port: null, pid: null, createdAt: 0, endedAt: null, lastReportAt: null, connectedAt: null, killed: false, exit: null, ...changes })
  const come = (model: string | null) => {
    const id = `s${++ids}`
    isolation.session(view({ id, model }), null)
    return id
  }
  const connect = (id: string, model: string | null) => { isolation.session(view({ id, model, state: 'connected' }), 'ready') }
  const end = (id: string, model: string | null, reason: Reason, code: number | null = 3, signal: string | null = null) => {
    isolation.session(view({ id, model, state: 'failed', reason, endedAt: clock.now(), exit: { code, signal, outputTail: '' } }), 'connected')
  }
  const crash = (model: string | null, code: number | null = 3, signal: string | null = null) => { end(come(model), model, signal === null ? 'crashed' : 'killed_by_signal', code, signal) }
  return { clock, isolation, diary, view, come, connect, end, crash }
}

t.test('after so many crashes within the window a model is isolated, and no other', async t => {
  const { isolation, crash, clock, diary } = stage()
  for (const model of ['bad', 'good', 'bad', 'bad']) {
    t.equal(isolation.barred('bad'), undefined)
    crash(model)
  }
  t.same(isolation.barred('bad'), { retryAfter: 300, tried: false })
  t.equal(isolation.barred('good'), undefined)
  t.same(isolation.isolated(), [{ model: 'bad', crashes: 3, until: clock.now() + 300_000, tried: false }])
  await clock.advance(1_500)
  t.same(isolation.barred('bad'), { retryAfter: 299, tried: false })
  t.same(diary, ['isolated bad for 300000'])
})

t.test('crashes that lie too far apart isolate nothing', async t => {
  const { isolation, crash, clock } = stage()
  for (let index = 0; index < 10; index++) {
    crash('slow')
    await clock.advance(301_000)
  }
  t.equal(isolation.barred('slow'), undefined)
})

t.test('what is not the model\'s fault does not count', async t => {
  const { isolation, crash, come, end } = stage({ limit: 1 })
  for (const code of [2, 4, 5, 6, 7, 8, 9, 10]) crash('a', code)
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) crash('a', null, signal)
  for (const reason of ['client_closed', 'admin', 'licence', 'port_conflict', 'ping_timeout', 'owner_lost', 'start_timeout', 'exited'] as const) end(come('a'), 'a', reason)
  t.equal(isolation.barred('a'), undefined)
  for (const [model, code, signal] of [['one', 1, null], ['three', 3, null], ['abort', 134, null], ['segv', null, 'SIGSEGV'], ['memory', null, 'SIGKILL']] as const) {
    crash(model, code, signal)
    t.ok(isolation.barred(model), model)
  }
})

t.test('sessions without a model are never isolated, and 0 isolates nothing', async t => {
  const one = stage({ limit: 1 })
  for (let index = 0; index < 5; index++) one.crash(null)
  t.same(one.isolation.isolated(), [])
  const off = stage({ limit: 0 })
  for (let index = 0; index < 5; index++) off.crash('a')
  t.equal(off.isolation.barred('a'), undefined)
})

t.test('after the pause one at a time may try; a viewer that stays half a minute is the proof', async t => {
  const { isolation, crash, come, connect, clock, diary } = stage({ limit: 1 })
  crash('a')
  await clock.advance(300_000)
  t.equal(isolation.barred('a'), undefined, 'somebody may try')
  const trial = come('a')
  t.same(isolation.barred('a'), { retryAfter: 30, tried: true })
  connect(trial, 'a')
  await clock.advance(29_999)
  t.ok(isolation.barred('a'))
  await clock.advance(1)
  t.equal(isolation.barred('a'), undefined)
  t.same(diary, ['isolated a for 300000', `tried a by ${trial}`, 'released a by trial'])
  t.equal(clock.pending, 0)
  crash('a')
  t.ok(isolation.barred('a'), 'it is like any other again')
})

t.test('a trial that crashes isolates the model anew; one that shows nothing lets the next try', async t => {
  const { isolation, crash, come, connect, end, clock, diary } = stage({ limit: 2 })
  crash('a')
  crash('a')
  await clock.advance(300_000)
  const first = come('a')
  connect(first, 'a')
  end(first, 'a', 'client_closed')
  t.equal(isolation.barred('a'), undefined, 'the next may try')
  const second = come('a')
  connect(second, 'a')
  await clock.advance(20_000)
  end(second, 'a', 'crashed')
  t.same(isolation.barred('a'), { retryAfter: 300, tried: false })
  t.same(diary.slice(1), [`tried a by ${first}`, `tried a by ${second}`, 'isolated a for 300000 again'])
  t.equal(clock.pending, 0)
})

t.test('a viewer that names its model late is a trial too; whoever leaves and comes back begins anew', async t => {
  const { isolation, crash, come, connect, view, clock } = stage({ limit: 1 })
  crash('a')
  await clock.advance(300_000)
  const id = come(null)
  connect(id, null)
  isolation.named(view({ id, model: 'a', state: 'connected' }))
  t.same(isolation.barred('a'), { retryAfter: 30, tried: true })
  await clock.advance(20_000)
  isolation.session(view({ id, model: 'a', state: 'ready' }), 'connected')
  await clock.advance(20_000)
  t.ok(isolation.barred('a'))
  connect(id, 'a')
  await clock.advance(30_000)
  t.equal(isolation.barred('a'), undefined)
})

t.test('sessions that were there before crash on their own account: the pause begins anew', async t => {
  const { isolation, crash, come, end, clock } = stage({ limit: 1 })
  const before = come('a')
  crash('a')
  await clock.advance(200_000)
  end(before, 'a', 'crashed')
  await clock.advance(200_000)
  t.same(isolation.barred('a'), { retryAfter: 100, tried: false })
})

t.test('an operator lets a model in again', async t => {
  const { isolation, crash, come, diary, clock } = stage({ limit: 1 })
  t.equal(isolation.release('a'), false)
  crash('a')
  await clock.advance(300_000)
  const trial = come('a')
  t.equal(isolation.release('a'), true)
  t.equal(isolation.barred('a'), undefined)
  t.equal(isolation.release('a'), false)
  t.same(diary.slice(1), [`tried a by ${trial}`, 'released a by operator'])
})

t.test('whoever names ever new models makes it remember no more and no less', async t => {
  const { isolation, crash, clock } = stage({ limit: 2 })
  crash('bad')
  crash('bad')
  for (let index = 0; index < 1_500; index++) crash(`m${index}`)
  t.ok(isolation.barred('bad'), 'one that is isolated is not forgotten')
  crash('m1499')
  t.ok(isolation.barred('m1499'))
  crash('m0')
  t.equal(isolation.barred('m0'), undefined, 'the first is forgotten')
  await clock.advance(1)
  isolation.close()
  isolation.close()
})

t.test('another service goes on with what was isolated, and not for longer than a pause', async t => {
  const { isolation, crash, clock } = stage({ limit: 2 })
  for (const model of ['bad', 'once', 'bad']) crash(model)
  await clock.advance(100_000)
  const kept = isolation.kept()
  t.match(kept, [{ model: 'bad', until: clock.now() + 200_000 }])
  t.equal(kept.length, 1)

  const next = stage({ limit: 2 })
  next.isolation.restore([...kept, { model: 'tampered', crashes: [1], until: Infinity }])
  t.same(next.isolation.isolated().map(({ model, crashes }) => [model, crashes]), [['bad', 2], ['tampered', 1]])
  t.match(next.isolation.barred('bad'), { tried: false })
  t.same(next.isolation.barred('tampered'), { retryAfter: 300, tried: false })
  t.equal(next.isolation.barred('once'), undefined)
  await next.clock.advance(300_000)
  const trial = next.come('bad')
  t.match(next.isolation.barred('bad'), { tried: true }, 'after the pause one may try')
  next.end(trial, 'bad', 'crashed')
  t.match(next.isolation.barred('bad'), { retryAfter: 300 }, 'and one crash is enough')

  const off = stage({ limit: 0 })
  off.isolation.restore(kept)
  t.equal(off.isolation.barred('bad'), undefined)
})

t.test('what nobody tried for longer than the window is not handed from service to service', async t => {
  const { isolation, crash, clock } = stage({ limit: 1 })
  crash('a')
  const kept = isolation.kept()
  await clock.advance(300_000 + 600_000)
  t.same(isolation.kept(), kept)
  await clock.advance(1)
  t.same(isolation.kept(), [])

  const next = stage({ limit: 1 })
  await next.clock.advance(clock.now() - next.clock.now())
  next.isolation.restore(kept)
  t.same(next.isolation.isolated(), [])
  const fresh = [{ ...kept[0]!, model: 'b', until: clock.now() - 600_000 }]
  next.isolation.restore(fresh)
  t.match(next.isolation.isolated(), [{ model: 'b' }])
})

t.test('as many as can be remembered were isolated: the next to crash is counted all the same', async t => {
  const { isolation, crash, clock } = stage({ limit: 2 })
  const until = clock.now() + 1
  isolation.restore(Array.from({ length: 1_000 }, (_, index) => ({ model: `m${index}`, crashes: [1, 2], until })))
  crash('bad')
  t.equal(isolation.barred('bad'), undefined)
  crash('bad')
  t.ok(isolation.barred('bad'))
})
