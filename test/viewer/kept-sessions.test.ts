import t from 'tap'
import { KeptSessions, type KeptSession } from '../../src/viewer/kept-sessions.ts'

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

const session = (model: string): KeptSession => ({ service: 'http://here/', serviceId: 'id', model, mode: 'csr', back: { endpointUri: 'ws://here/', key: `key of ${model}`, seconds: 10, seq: 3 } })

t.test('what a page leaves is for the same page, once, the oldest first, with what is left of its time', async t => {
  const store = storage()
  let now = 1_000_000
  const page = (address: string) => new KeptSessions(store, address, () => now)
  page('/').keep(session('a'))
  now += 4_000
  page('/').keep(session('b'))
  t.equal(page('/?model=b').take(() => true), undefined, 'not for another')
  t.match(page('/').take(({ model }) => model === 'b'), { model: 'b', back: { key: 'key of b', seconds: 10, seq: 3 } })
  t.match(page('/').take(() => true), { model: 'a', back: { key: 'key of a', seconds: 6 } })
  t.equal(page('/').take(() => true), undefined)
  t.equal(store.items.size, 0)
})

t.test('whoever comes too late finds nothing', async t => {
  let now = 0
  const kept = new KeptSessions(storage(), '/', () => now)
  kept.keep(session('a'))
  now = 10_000
  t.equal(kept.take(() => true), undefined)
})

t.test('without storage, with a full one, or with one that somebody else wrote to, nothing is kept and nothing breaks', async t => {
  const none = new KeptSessions(undefined, '/', () => 0)
  none.keep(session('a'))
  t.equal(none.take(() => true), undefined)
  const full = { ...storage(), setItem () { throw new Error('quota exceeded') } }
  const kept = new KeptSessions(full, '/', () => 0)
  kept.keep(session('a'))
  t.equal(kept.take(() => true), undefined)
  for (const text of ['no JSON', 'null', '{}', '[null]']) t.equal(new KeptSessions({ ...storage(), getItem: () => text }, '/', () => 0).take(() => true), undefined, text)
})
