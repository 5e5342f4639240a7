import t from 'tap'
import type { Test } from 'tap'
import { Liveliness, type Ending } from '../../src/stream-server/liveliness.ts'
import { FakeClock, settle } from '../fixtures/fake-clock.ts'
import { reports } from './support/reports.ts'

async function stage (t: Test, id = 'a b/c') {
  const taken = await reports(t)
  const clock = new FakeClock()
  const unheard: string[] = []
  const endings: Array<Ending | null> = []
  const liveliness = new Liveliness({
    endpoint: taken.endpoint,
    id,
    seconds: 5,
    clock,
    occupation: () => ({ viewers: 1, idle: 7, model: null }),
    unheardSeconds: 0,
    onUnheard: reason => { unheard.push(reason) },
    onEnding: ending => { endings.push(ending) }
  })
  t.teardown(() => liveliness.close())
  return { taken, clock, liveliness, unheard, endings }
}

/** Steps the clock until `done`: answers come from a real server, the waits in between do not. */
async function until (clock: FakeClock, done: () => boolean) {
  while (!done()) {
    await settle()
    await clock.advance(1000)
  }
}

t.test('ready is said once, then pings, at last disconnect', async t => {
  const { taken, clock, liveliness } = await stage(t)
  await liveliness.ready()
  t.same(taken.lines, ['POST /api/spawns/a%20b%2Fc?liveliness=ready 0'], 'one slash, no body')
  await clock.advance(4999)
  t.equal(taken.lines.length, 1)
  await clock.advance(1)
  await taken.until('ping')
  t.same(taken.lines[1], 'POST /api/spawns/a%20b%2Fc?liveliness=ping&viewers=1&idle=7 0')
  await liveliness.disconnect()
  await liveliness.disconnect()
  t.same(taken.lines.slice(2), ['POST /api/spawns/a%20b%2Fc?liveliness=disconnect 0'], 'once')
  t.equal(clock.pending, 0)
})

t.test('a base URL without a slash at its end gets one', async t => {
  const taken = await reports(t)
  const liveliness = new Liveliness({ endpoint: taken.endpoint.slice(0, -1), id: 'x', seconds: 5, clock: new FakeClock(), occupation: () => ({ viewers: 0, idle: 0, model: null }), unheardSeconds: 0, onUnheard: () => {} })
  t.teardown(() => liveliness.close())
  await liveliness.ready()
  t.same(taken.lines, ['POST /api/spawns/x?liveliness=ready 0'])
})

t.test('a viewer that comes is reported at once', async t => {
  const { taken, liveliness } = await stage(t)
  await liveliness.ready()
  liveliness.ping()
  await taken.until('ping')
})

t.test('ready is said again when the service was not there the first time', async t => {
  const { taken, clock, liveliness, unheard } = await stage(t)
  taken.answers = [503, 503, 404]
  const ready = liveliness.ready()
  await until(clock, () => taken.lines.length >= 4)
  await ready
  t.same(unheard, [])
  t.same(taken.lines.slice(0, 4).map(line => line.slice(-7)), ['ready 0', 'ready 0', 'ready 0', 'ready 0'])
})

t.test('when four reports in a row are refused, nobody is watching', async t => {
  const { taken, clock, liveliness, unheard } = await stage(t)
  taken.answers = [200, 404, 404, 404, 200, 404, 404, 404, 404]
  await liveliness.ready()
  await until(clock, () => unheard.length > 0)
  t.same(unheard, ['HTTP 404'])
  t.equal(taken.lines.length, 9, 'a report that is taken starts the count anew')
})

t.test('where sessions outlive the service, four refusals are no end before the time it has to return', async t => {
  const { taken, clock, unheard } = await stage(t)
  const patient = new Liveliness({ endpoint: 'http://127.0.0.1:1/', id: 'x', seconds: 5, clock, occupation: () => ({ viewers: 0, idle: 0, model: null }), unheardSeconds: 60, onUnheard: reason => { unheard.push(reason) } })
  t.teardown(() => { patient.close() })
  const began = clock.now()
  void patient.ready()
  await until(clock, () => unheard.length > 0)
  t.ok(clock.now() - began >= 60_000, `${clock.now() - began} ms`)
  t.match(unheard, [/ECONNREFUSED/])
  t.same(taken.lines, [])
})

t.test('a service that is not there at all is noticed at the start', async t => {
  const { clock, liveliness, unheard } = await stage(t)
  const nobody = new Liveliness({ endpoint: 'http://127.0.0.1:1/', id: 'x', seconds: 5, clock, occupation: () => ({ viewers: 0, idle: 0, model: null }), unheardSeconds: 0, onUnheard: reason => { unheard.push(reason) } })
  t.teardown(() => nobody.close())
  const ready = nobody.ready()
  await until(clock, () => unheard.length > 0)
  await ready
  t.match(unheard[0], /ECONNREFUSED/)
  liveliness.close()
})

t.test('what the service says of the session’s end is told with every ping, and what it does not say is none', async t => {
  const { taken, clock, liveliness, endings } = await stage(t)
  for (const ending of [undefined, 'idle_timeout; seconds=45', 'max_lifetime; seconds=0', 'doomsday; seconds=1', 'idle_timeout; seconds=soon']) {
    taken.ending = ending
    const told = endings.length
    liveliness.ping()
    await until(clock, () => endings.length > told)
  }
  t.same(endings.slice(0, 5).filter(ending => ending !== null), [{ reason: 'idle_timeout', seconds: 45 }, { reason: 'max_lifetime', seconds: 0 }])
})
