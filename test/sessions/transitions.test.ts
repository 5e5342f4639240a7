import { readFile } from 'node:fs/promises'
import t from 'tap'
import { renderLifecyclePage } from '../../src/sessions/lifecycle-page.ts'
import { reasons } from '../../src/sessions/reasons.ts'
import { Session } from '../../src/sessions/session.ts'
import { isTerminal, mayFollow, states, transitions, type State } from '../../src/sessions/transitions.ts'

const fresh = () => new Session({ id: 'a', renderer: 'csr', model: null, via: 'rest' }, 0)

/** A shortest way from `queued` to a state, by the table. */
function wayTo (goal: State): State[] {
  const ways: State[][] = [['queued']]
  for (const way of ways) {
    const last = way.at(-1) as State
    if (last === goal) return way.slice(1)
    for (const next of transitions[last].next) if (!way.includes(next)) ways.push([...way, next])
  }
  throw new Error(`${goal} cannot be reached`)
}

t.test('a session moves along the table and along nothing else', async t => {
  for (const from of states) {
    for (const to of states) {
      const session = fresh()
      for (const step of wayTo(from)) session.moveTo(step, 1)
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

t.test('the first reason wins', async t => {
  const session = fresh()
  session.because('admin')
  session.because('crashed')
  session.finish(5)
  t.match(session.view(), { state: 'stopped', reason: 'admin', endedAt: 5 })
})

t.test('every reason a deadline gives leads to an end', async t => {
  for (const state of states) {
    for (const { passes } of transitions[state].deadlines) t.ok(passes === 'escalate' || reasons[passes].end, `${state}: ${passes}`)
  }
})

t.test('docs/session-lifecycle.md is what the tables say; else run `npm run docs`', async t => {
  t.equal(await readFile('docs/session-lifecycle.md', 'utf8'), renderLifecyclePage())
})
