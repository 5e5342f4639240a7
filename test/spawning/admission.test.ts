import t from 'tap'
import { LoadGate } from '../../src/load/load-gate.ts'
import { settle } from '../fixtures/fake-clock.ts'
import { spawnerStage } from '../fixtures/spawner-stage.ts'
import type { Progress } from '../../src/spawning/outcome.ts'

/** Two seats, both taken by sessions that are ready, and room for three to wait. */
async function fullHouse (options: Parameters<typeof spawnerStage>[0] = {}) {
  const stage = spawnerStage({ max: 2, room: 3, ...options })
  for (const id of ['id-1', 'id-2']) {
    void stage.spawner.open(stage.request())
    await settle()
    stage.report(id, 'ready')
  }
  /** Ends a session, lets its port rest, and has the one that takes its seat say that it is ready. */
  const frees = async (id: string, next: string) => {
    stage.report(id, 'disconnect')
    stage.launcher.exit(id, { code: 0 })
    await stage.clock.advance(2_000)
    stage.report(next, 'ready')
    await settle()
  }
  return { ...stage, frees }
}

t.test('who asks when every seat is taken waits, and gets the next that is free', async t => {
  const { spawner, request, frees, clock } = await fullHouse()
  const told: Progress[] = []
  const opening = spawner.open(request({ told: progress => { told.push(progress) } }))
  await settle()
  t.equal(spawner.waiting, 1)
  t.equal(spawner.alive, 2, 'no session is made for it yet')
  t.same(told, [{ phase: 'waiting', place: 1, wait: null }], 'nobody knows how long it takes while no session has ended')
  await frees('id-1', 'id-3')
  t.match(await opening, { status: 'opened', session: { id: 'id-3' } })
  t.same(told.slice(1), [{ phase: 'seated', id: 'id-3' }])
  await spawner.close()
  t.equal(clock.pending, 0)
})

t.test('a seat that was called for somebody is nobody else’s', async t => {
  const { spawner, request, launcher, report } = await fullHouse()
  const first = spawner.open(request())
  await settle()
  report('id-1', 'disconnect')
  launcher.exit('id-1', { code: 0 })
  const second = spawner.open(request())
  await settle()
  t.equal(spawner.waiting, 1, 'whoever asks in that moment waits')
  t.equal(spawner.alive, 2)
  await spawner.close()
  t.match(await Promise.all([first, second]), [{ status: 'cancelled', reason: 'drain' }, { status: 'draining' }])
})

t.test('who hangs up in the moment of being called leaves the seat to the next', async t => {
  const { spawner, request, launcher, report, clock } = await fullHouse()
  const caller = new AbortController()
  const gone = spawner.open(request({ signal: caller.signal }))
  const next = spawner.open(request())
  await settle()
  report('id-1', 'disconnect')
  launcher.exit('id-1', { code: 0 })
  caller.abort()
  t.match(await gone, { status: 'cancelled', reason: 'client_closed' })
  await clock.advance(2_000)
  report('id-4', 'ready')
  t.match(await next, { status: 'opened', session: { id: 'id-4' } })
  await spawner.close()
})

t.test('how long it takes is judged by how long sessions have lasted, and told to who is refused too', async t => {
  const { spawner, request, frees, clock } = await fullHouse({ room: 1 })
  t.match(spawner.expectedWait(1), null)
  await clock.advance(8_000)
  const waiting = spawner.open(request())
  await settle()
  t.match(await spawner.open(request()), { status: 'full', reason: null, retryAfter: 5, place: 2 }, 'without experience a guess')
  await frees('id-1', 'id-3')
  await waiting
  // One session lasted 8 s; one is 10 s old and one has just begun.
  const wait = spawner.expectedWait(2)
  t.ok(wait !== null && wait > 4_000 && wait < 9_000, `${wait}`)
  const late = spawner.open(request())
  t.match(await spawner.open(request()), { status: 'full', retryAfter: Math.ceil((wait ?? 0) / 1_000) })
  await clock.advance(16_000)
  await spawner.close()
  await late
})

t.test('who waits too long is told so, with when to come again', async t => {
  const { spawner, request, report, clock } = await fullHouse({ patience: 3_000 })
  const waiting = spawner.open(request())
  await clock.advance(2_999)
  t.equal(spawner.waiting, 1)
  for (const id of ['id-1', 'id-2']) report(id, 'ping')
  await clock.advance(1)
  t.match(await waiting, { status: 'full', reason: 'queue_timeout', retryAfter: 5, place: 1 })
  await spawner.close()
})

t.test('who waits too long since the machine is too busy is told that', async t => {
  const gate = new LoadGate({ memory: { closes: 10, opens: 20 }, cpu: { closes: 0, opens: 0 }, loop: { closes: 0, opens: 0 } })
  const { spawner, request, clock } = spawnerStage({ gate, room: 2, patience: 3_000 })
  gate.take({ memory: 5, cpu: null, loop: null })
  const waiting = spawner.open(request())
  await clock.advance(3_000)
  t.match(await waiting, { status: 'overloaded', reason: 'memory_low', retryAfter: 5 })
  await spawner.close()
})

t.test('the drain sends those who wait away', async t => {
  const { spawner, request, clock } = await fullHouse()
  const waiting = spawner.open(request())
  await settle()
  spawner.drain(clock.now() + 300_000)
  t.match(await waiting, { status: 'draining', retryAfter: 300 })
  t.equal(spawner.alive, 2, 'and leaves those who have a seat alone')
  await spawner.close()
})

t.test('one caller has no more sessions than allowed, those it waits for included', async t => {
  const { spawner, request, report, launcher } = spawnerStage({ max: 3, room: 3, perCaller: 2 })
  const open = (caller: string) => spawner.open(request({ caller }))
  void open('a')
  void open('a')
  await settle()
  t.match(await open('a'), { status: 'quota', limit: 2 })
  void open('b')
  void open('b')
  await settle()
  t.equal(spawner.waiting, 1)
  t.match(await open('b'), { status: 'quota' }, 'one seated and one waiting are two')
  report('id-1', 'ready')
  launcher.exit('id-1', { code: 0 })
  await settle()
  t.equal(spawner.waiting, 0)
  void open('a')
  await settle()
  t.equal(spawner.waiting, 1, 'an ended session counts no more')
  await spawner.close()
})

t.test('a session that was started ahead counts for whom it is given to', async t => {
  const { spawner, request, report, clock } = spawnerStage({ max: 4, perCaller: 1, ahead: { csr: 1, ssr: 0 } })
  spawner.startAhead()
  await clock.advance(500)
  report('id-1', 'ready')
  await settle()
  t.match(await spawner.open(request()), { status: 'opened', session: { id: 'id-1' } })
  t.match(await spawner.open(request()), { status: 'quota', limit: 1 })
  await spawner.close()
})

t.test('a session that is being ended does not count against its caller: whoever reloads a page gets the next', async t => {
  const { spawner, request, report, launcher, clock } = spawnerStage({ max: 3, perCaller: 1 })
  launcher.obeys = []
  const opening = spawner.open(request())
  await settle()
  report('id-1', 'ready')
  await opening
  report('id-1', 'ping', { viewers: 1 })
  t.match(await spawner.open(request()), { status: 'quota' })
  spawner.viewerLeft('id-1')
  t.match(spawner.session('id-1'), { state: 'draining', endedAt: null })
  t.equal(spawner.note('id-1')?.caller, null, 'nor after a restart')
  const next = spawner.open(request())
  await settle()
  report('id-2', 'ready')
  t.match(await next, { status: 'opened', session: { id: 'id-2' } })
  launcher.exit('id-1', { code: 0 })
  t.match(await spawner.open(request()), { status: 'quota' }, 'the end of the first does not count twice')
  launcher.exit('id-2', { code: 0 })
  await spawner.close()
  t.equal(clock.pending, 0)
})

t.test('whoever has as many as allowed is told when one of its own ends, whatever others do', async t => {
  const { spawner, request, report, launcher, clock } = spawnerStage({ max: 5, perCaller: 1 })
  const come = async (id: string, caller: string) => {
    const opening = spawner.open(request({ caller }))
    await settle()
    report(id, 'ready')
    await opening
  }
  const pass = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed++) {
      await clock.advance(1_000)
      for (const { id, endedAt } of spawner.sessions()) if (endedAt === null) report(id, 'ping', { viewers: 1 })
    }
  }
  await come('id-1', 'gone')
  await pass(100)
  launcher.exit('id-1', { code: 0 })
  await come('id-2', 'early')
  await pass(90)
  await come('id-3', 'late')
  const told = async (caller: string) => {
    const answer = await spawner.open(request({ caller }))
    return answer.status === 'quota' ? answer.retryAfter : NaN
  }
  // Sessions last 100 s: the one of `early` has 10 left, that of `late` all of it.
  const [soon, later] = [await told('early'), await told('late')]
  t.ok(soon >= 10 && soon <= 11 && later >= 100 && later <= 101, `${soon} and ${later} s`)
  await spawner.close()
})

t.test('without a session of its own, whoever waits for as many as allowed is told when a seat is free', async t => {
  const { spawner, request } = await fullHouse({ perCaller: 1 })
  void spawner.open(request({ caller: 'new' }))
  await settle()
  t.match(await spawner.open(request({ caller: 'new' })), { status: 'quota', retryAfter: 5 })
  await spawner.close()
})

t.test('whoever meets a drain is told when it is over, and never sooner than a restart takes', async t => {
  const { spawner, request, clock, report } = await fullHouse({ room: 0 })
  spawner.drain()
  t.match(await spawner.open(request()), { status: 'draining', retryAfter: 30 }, 'nobody has said how long it takes')
  spawner.drain(clock.now() + 600_000)
  t.match(await spawner.open(request()), { status: 'draining', retryAfter: 600 })
  await clock.advance(10_000)
  t.match(await spawner.open(request()), { status: 'draining', retryAfter: 590 })
  for (const id of ['id-1', 'id-2']) report(id, 'ping')
  void spawner.emptied(clock.now() + 60_000)
  t.match(await spawner.open(request()), { status: 'draining', retryAfter: 60 }, 'the service ends sooner')
  void spawner.emptied(clock.now() + 1_000)
  t.match(await spawner.open(request()), { status: 'draining', retryAfter: 30 })
  await spawner.close()
  t.match(await spawner.open(request()), { status: 'draining', retryAfter: 30 }, 'nobody is left')
})
