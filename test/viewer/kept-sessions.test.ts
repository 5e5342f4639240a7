import t from 'tap'
import { KeptSessions, type KeptSession } from '../../src/viewer/kept-sessions.ts'
import { TabMemory } from '../../src/viewer/tab-memory.ts'

/** A browser's storage as far as it is used. */
function storage () {
  const items = new Map<string, string>()
  return {
    items,
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => { items.set(name, value) },
    removeItem: (name: string) => { items.delete(name) }
  }
}

t.test('what a page leaves is for the same page, once, the oldest first', async t => {
  const store = storage()
  let now = 1_000_000
  const page = (name: string) => new TabMemory<string>(store, () => name, () => now)
  page('/').keep('a', 10)
  now += 4_000
  page('/').keep('b', 10)
  t.equal(page('/?model=b').take(), undefined, 'not for another')
  t.same(page('/').take(value => value === 'b'), { value: 'b', seconds: 10 })
  t.same(page('/').take(), { value: 'a', seconds: 6 }, 'with what is left of its time')
  t.equal(page('/').take(), undefined)
  t.equal(store.items.size, 0)
})

t.test('a page that changes its address leaves things for the one that it has when it goes', async t => {
  const store = storage()
  let address = '/first'
  const page = new TabMemory<string>(store, () => address, () => 0)
  address = '/second'
  page.keep('a', 10)
  t.same(new TabMemory<string>(store, () => '/second', () => 0).take(), { value: 'a', seconds: 10 })
})

t.test('whoever comes too late finds nothing', async t => {
  let now = 0
  const memory = new TabMemory<string>(storage(), () => '/', () => now)
  t.equal(memory.keep('a', 10), true)
  now = 10_000
  t.equal(memory.take(), undefined)
})

t.test('without storage, with a full one, or with one that somebody else wrote to, nothing is kept and nothing breaks', async t => {
  const none = new TabMemory<string>(undefined, () => '/', () => 0)
  t.equal(none.keep('a', 10), false, 'and that is told')
  t.equal(none.take(), undefined)
  const full = new TabMemory<string>({ ...storage(), setItem () { throw new Error('quota exceeded') } }, () => '/', () => 0)
  t.equal(full.keep('a', 10), false)
  t.equal(full.take(), undefined)
  for (const text of ['no JSON', 'null', '{}', '[null]']) t.equal(new TabMemory({ ...storage(), getItem: () => text }, () => '/', () => 0).take(), undefined, text)
})

t.test('a session is waited for as long as is left of its time; a place in line is a token', async t => {
  let now = 0
  const kept = new KeptSessions(new TabMemory(storage(), () => '/', () => now))
  const what: KeptSession = { service: 'http://here/', model: 'a', mode: 'csr', streamingMode: 'interactive' }
  const back = { endpointUri: 'ws://here/', key: 'key', seconds: 10, seq: 3 }
  kept.keep({ ...what, session: { serviceId: 'id', back } }, 10)
  kept.keep({ ...what, model: 'b', place: 'token' }, 15)
  now = 4_000
  t.same(kept.take(({ model }) => model === 'b'), { ...what, model: 'b', place: 'token' })
  t.same(kept.take(), { ...what, session: { serviceId: 'id', back: { ...back, seconds: 6 } } })
  t.equal(kept.take(), undefined)
})
