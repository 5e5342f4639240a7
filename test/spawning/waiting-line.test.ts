import t from 'tap'
import { WaitingLine, type Standing } from '../../src/spawning/waiting-line.ts'
import { FakeClock, settle } from '../fixtures/fake-clock.ts'

function stage (room = 10, patience = 1_000) {
  const clock = new FakeClock()
  const line = new WaitingLine({ room, patience, hold: 5_000, clock })
  const ends: string[] = []
  const places = new Map<string, number[]>()
  const join = (name: string, caller = name, signal = new AbortController().signal, standing: Standing = {}) => {
    places.set(name, [])
    void line.join(caller, signal, place => { places.get(name)?.push(place) }, () => 'called' as const, standing).then(how => { ends.push(`${name} ${how}`) })
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

t.test('a line that one caller has filled takes others all the same, each in the place of the last of the many', async t => {
  const { line, ends, places, join, clock } = stage(4)
  for (const name of ['hog 1', 'hog 2', 'hog 3', 'hog 4']) join(name, 'hog')
  join('hog 5', 'hog')
  join('x')
  join('y')
  await settle()
  t.same(ends, ['hog 5 full', 'hog 4 full', 'hog 3 full'])
  t.equal(line.length, 4)
  t.same([places.get('hog 1'), places.get('x'), places.get('y'), places.get('hog 2')?.at(-1)], [[1], [2], [4], 3])
  join('x again', 'x')
  await settle()
  t.equal(ends.at(-1), 'x again full', 'nobody waits with two more than x')
  while (line.callNext());
  await settle()
  t.same(ends.slice(4), ['hog 1 called', 'x called', 'hog 2 called', 'y called'])
  t.equal(clock.pending, 0)
})

t.test('it is the greediest that gives one up, and nobody who would be called before the newcomer', async t => {
  const { line, ends, join } = stage(6)
  for (const name of ['greedy 1', 'greedy 2', 'greedy 3']) join(name, 'greedy')
  join('x')
  for (const name of ['double 1', 'double 2']) join(name, 'double')
  join('y')
  await settle()
  t.same(ends, ['greedy 3 full'])
  t.equal(line.length, 6)

  const old = stage(2)
  for (const name of ['first', 'second', 'third']) {
    old.join(name)
    old.line.callNext()
  }
  old.join('pair 1', 'pair')
  old.join('pair 2', 'pair')
  old.line.callNext()
  old.join('pair 3', 'pair')
  old.join('late 1')
  await settle()
  t.ok(old.ends.includes('pair 3 full'))
  old.join('late 2')
  await settle()
  t.equal(old.ends.at(-1), 'late 2 full', 'each has one by now')
})

t.test('whoever leaves with a key finds its place again, as long as it is kept and not taken twice', async t => {
  const { line, ends, join, clock } = stage(3)
  const gone = new AbortController()
  join('a', 'x', gone.signal, { key: 'key' })
  join('b')
  gone.abort()
  join('c')
  join('d')
  await settle()
  t.same(ends.sort(), ['a left', 'd full'], 'its place is nobody else’s')
  join('a again', 'x', undefined, { shown: 'key', key: 'next' })
  join('thief', 'x', undefined, { shown: 'key' })
  t.ok(line.callNext())
  await settle()
  t.same(ends.slice(2), ['thief full', 'a again called'])
  line.close()
  t.equal(clock.pending, 0)
})

t.test('one caller who leaves many places behind keeps nobody out by them, and does not come back to all of them before others', async t => {
  const { line, ends, join } = stage(2)
  for (const key of ['1', '2']) {
    const gone = new AbortController()
    join(`hog ${key}`, 'hog', gone.signal, { key })
    gone.abort()
  }
  t.equal(line.waitingOf('hog'), 2)
  t.equal(line.waitingOf('hog', '2'), 1, 'but for the one it comes back to')
  join('x')
  join('y')
  await settle()
  t.same(ends.sort(), ['hog 1 left', 'hog 2 left', 'y full'], 'the first of its places was given up for x; one place is its own')
  join('hog again', 'hog', undefined, { shown: '2' })
  t.equal(line.length, 2)
  t.ok(line.callNext())
  await settle()
  t.equal(ends.at(-1), 'x called', 'a second place of the same caller stands behind')
})

t.test('a place is not kept for ever', async t => {
  const { ends, join, clock } = stage(1, 60_000)
  const gone = new AbortController()
  join('a', 'a', gone.signal, { key: 'key' })
  gone.abort()
  await clock.advance(4_999)
  join('early')
  await clock.advance(1)
  join('b')
  join('a again', 'a', undefined, { shown: 'key' })
  await settle()
  t.same(ends, ['a left', 'early full', 'a again full'])
})

t.test('whoever is back before its leaving was noticed takes its own place over', async t => {
  const { line, ends, places, join } = stage(2)
  join('a', 'a', undefined, { key: 'key' })
  join('b')
  join('a again', 'a', undefined, { shown: 'key' })
  await settle()
  t.same(ends, ['a left'])
  t.same(places.get('a again'), [1])
  t.equal(line.length, 2)
})

t.test('whoever has had a seat stands before everybody, also where the line is full', async t => {
  const { line, ends, join } = stage(1)
  join('a')
  join('back', 'back', undefined, { first: true })
  t.ok(line.callNext())
  await settle()
  t.same(ends, ['back called'])
})
