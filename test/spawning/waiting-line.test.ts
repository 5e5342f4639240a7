import t from 'tap'
import { WaitingLine } from '../../src/spawning/waiting-line.ts'
import { FakeClock, settle } from '../fixtures/fake-clock.ts'

function stage (room = 10, patience = 1_000) {
  const clock = new FakeClock()
  const line = new WaitingLine({ room, patience, clock })
  const ends: string[] = []
  const places = new Map<string, number[]>()
  const join = (name: string, caller = name, signal = new AbortController().signal) => {
    places.set(name, [])
    void line.join(caller, signal, place => { places.get(name)?.push(place) }, () => 'called' as const).then(how => { ends.push(`${name} ${how}`) })
  }
  return { clock, line, ends, places, join }
}

t.test('first come, first called', async t => {
  const { line, ends, places, join, clock } = stage()
  for (const name of ['a', 'b', 'c']) join(name)
  t.equal(line.length, 3)
  t.ok(line.callNext())
  t.ok(line.callNext())
  await settle()
  t.same(ends, ['a called', 'b called'])
  t.same(places.get('c'), [3, 2, 1], 'told the place whenever it changes')
  line.close()
  await settle()
  t.equal(clock.pending, 0)
})

t.test('one caller’s many do not stand before others, and are not kept waiting for ever', async t => {
  const { line, ends, join } = stage(3)
  join('hog 1', 'hog')
  join('hog 2', 'hog')
  join('x')
  t.ok(line.callNext())
  t.ok(line.callNext())
  await settle()
  t.same(ends, ['hog 1 called', 'x called'], 'x came last and was called second')
  for (const late of ['y', 'z']) {
    join(late)
    line.callNext()
  }
  await settle()
  t.same(ends.slice(2), ['y called', 'hog 2 called'], 'as many overtake as the line has places, and no more')
})

t.test('who hangs up leaves at once, and those behind move up', async t => {
  const { line, ends, places, join, clock } = stage()
  const caller = new AbortController()
  join('a', 'a', caller.signal)
  join('b')
  caller.abort()
  await settle()
  t.same(ends, ['a left'])
  t.equal(line.length, 1)
  t.same(places.get('b'), [2, 1])
  t.equal(clock.pending, 1)
})

t.test('nobody waits longer than is allowed', async t => {
  const { line, ends, join, clock } = stage()
  join('a')
  await clock.advance(999)
  t.same(ends, [])
  await clock.advance(1)
  t.same(ends, ['a late'])
  t.notOk(line.callNext())
})

t.test('whoever is called takes what has come free in that very moment', async t => {
  const { line } = stage()
  const seats = ['the only one']
  const take = () => seats.pop()
  const first = line.join('a', new AbortController().signal, () => {}, take)
  const second = line.join('b', new AbortController().signal, () => {}, take)
  while (seats.length > 0 && line.callNext());
  t.equal(line.length, 1)
  t.equal(await first, 'the only one')
  line.close()
  t.equal(await second, 'closed')
})

t.test('a fault on taking it is the fault of whoever was called, and of nobody else', async t => {
  const { line } = stage()
  const first = line.join('a', new AbortController().signal, () => {}, () => { throw new Error('broken') })
  const second = line.join('b', new AbortController().signal, () => {}, () => 'seated')
  t.ok(line.callNext())
  t.ok(line.callNext())
  await t.rejects(first, /broken/)
  t.equal(await second, 'seated')
})

t.test('a line that is full, or for nobody, or closed', async t => {
  const { line, ends, join } = stage(1)
  join('a')
  join('b')
  await settle()
  t.same(ends, ['b full'])
  line.close()
  line.close()
  join('c')
  await settle()
  t.same(ends.toSorted(), ['a closed', 'b full', 'c closed'])
  const none = stage(0)
  none.join('a')
  await settle()
  t.same(none.ends, ['a full'])
})
