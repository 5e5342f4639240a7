import { readFile } from 'node:fs/promises'
import t from 'tap'
import { renderLifecyclePage } from '../../src/sessions/lifecycle-page.ts'
import { reasons } from '../../src/sessions/reasons.ts'
import { Session } from '../../src/sessions/session.ts'
import { beginnings, isTerminal, mayFollow, returnTime, states, transitions, type State } from '../../src/sessions/transitions.ts'

const fresh = () => new Session({ id: 'a', renderer: 'csr', model: null, via: 'rest' }, 0)
const takenOver = () => Session.takenOver({ ...fresh().note(), state: 'connected', pid: 7, createdAt: 1, requestedAt: 2, readyAt: 3, connectedAt: 4 }, 5)

/** A shortest way to a state from where sessions begin, by the table. */
function wayTo (goal: State): State[] {
  const ways: State[][] = beginnings.map(state => [state])
  for (const way of ways) {
    const last = way.at(-1) as State
    if (last === goal) return way
    for (const next of transitions[last].next) if (!way.includes(next)) ways.push([...way, next])
  }
  throw new Error(`${goal} cannot be reached`)
}

t.test('a session moves along the table and along nothing else', async t => {
  for (const from of states) {
    for (const to of states) {
      const [beginning, ...way] = wayTo(from)
      const session = beginning === 'adopted' ? takenOver() : fresh()
      for (const step of way) session.moveTo(step, 1)
      if (mayFollow(from, to)) t.doesNotThrow(() => { session.moveTo(to, 2) }, `${from} > ${to}`)
      else t.throws(() => { session.moveTo(to, 2) }, RangeError, `not ${from} > ${to}`)
    }
  }
})

t.test('every state can be reached, and from every one an end', async t => {
  for (const state of states) {
    t.ok(Array.isArray(wayTo(state)))
    t.equal(transitions[state].next.length === 0, isTerminal(state))
    t.ok(isTerminal(state) || transitions[state].deadlines.length > 0, `${state} has a deadline or is an end`)
  }
})

t.test('a session that is taken over has all its past', async t => {
  const session = takenOver()
  t.same(session.entered, { queued: 1, adopted: 5, ready: 3, connected: 4 })
  t.match(session.note(), { id: 'a', via: 'rest', state: 'adopted', reason: null, pid: 7, createdAt: 1, requestedAt: 2, readyAt: 3, connectedAt: 4 })
  t.equal(Session.takenOver({ ...session.note(), reason: 'client_closed' }, 6).because('crashed'), 'client_closed', 'its reason too')
})

t.test('a note is flat, and whoever takes the session over keeps the limits it asked for', async t => {
  const asked = { idleTimeout: 60_000, maxLifetime: 0 }
  const note = new Session({ id: 'a', renderer: 'csr', model: null, via: 'rest', limits: asked }, 0).note()
  t.ok(Object.values(note).every(value => value === null || typeof value === 'string' || typeof value === 'number'), JSON.stringify(note))
  const session = Session.takenOver({ ...note, state: 'ready' }, 5)
  t.same(session.order.limits, asked)
  t.same(session.note(), { ...note, state: 'adopted' })
})

t.test('the first reason wins', async t => {
  const session = fresh()
  session.because('admin')
  session.because('crashed')
  session.finish(5)
  t.match(session.view(), { state: 'stopped', reason: 'admin', endedAt: 5 })
})

t.test('whoever is lost may come back for longer than the embedded stream server waits', async t => {
  const [, seconds] = /^const usualGraceSeconds = (\d+)$/m.exec(await readFile('src/stream-server/stream-server.ts', 'utf8')) ?? []
  t.ok(returnTime > Number(seconds) * 1_000, `${returnTime} ms, ${seconds} s`)
})

t.test('every reason a deadline gives leads to an end', async t => {
  for (const state of states) {
    for (const { passes } of transitions[state].deadlines) t.ok(passes === 'escalate' || reasons[passes].end, `${state}: ${passes}`)
  }
})

t.test('docs/session-lifecycle.md is what the tables say; else run `npm run docs`', async t => {
  t.equal(await readFile('docs/session-lifecycle.md', 'utf8'), renderLifecyclePage())
})
