import t from 'tap'
import { isShown, officialState, officialStates, suspectAfter } from '../../src/compat/official-states.ts'
import type { SessionView } from '../../src/sessions/session.ts'
import { states } from '../../src/sessions/transitions.ts'

const view = (changes: Partial<SessionView>): SessionView =>
  ({ id: 'id', renderer: 'csr', model: null, via: 'rest', state: 'ready', reason: null, port: 1, pid: 1, createdAt: 0, endedAt: null, lastReportAt: null, connectedAt: null, killed: false, exit: null, ...changes })

const calm = { now: 0, suspectAfter: 12_000 }

t.test('each of our states is one of theirs', async t => {
  t.same(Object.fromEntries(states.map(state => [state, officialState(view({ state }), calm)])), {
    queued: 'launching',
    starting: 'launching',
    spare: 'ready',
    adopted: 'ready',
    ready: 'ready',
    connected: 'ready',
    draining: 'nice-killed',
    stopped: 'dead',
    failed: 'dead',
    lost: 'zombie'
  })
  t.same(officialStates, ['launching', 'ready', 'suspect', 'disconnected', 'nice-killed', 'killed', 'zombie', 'dead'], 'in the order of the official page')
})

t.test('who leaves because its viewer left is disconnected; who is stopped is not', async t => {
  t.equal(officialState(view({ state: 'draining', reason: 'client_closed' }), calm), 'disconnected')
  for (const reason of ['admin', 'drain', 'ping_timeout', 'start_timeout'] as const) t.equal(officialState(view({ state: 'draining', reason }), calm), 'nice-killed', reason)
  t.equal(officialState(view({ state: 'draining', reason: 'client_closed', killed: true }), calm), 'killed')
  t.equal(officialState(view({ state: 'stopped', reason: 'client_closed', killed: true }), calm), 'dead')
})

t.test('who is silent for more than two intervals and two seconds is suspect, until somebody ends it', async t => {
  t.equal(suspectAfter(5), 12_000)
  const at = (now: number, changes: Partial<SessionView>) => officialState(view({ createdAt: 1_000, ...changes }), { now, suspectAfter: 12_000 })
  for (const [state, calm] of [['queued', 'launching'], ['starting', 'launching'], ['ready', 'ready'], ['connected', 'ready']] as const) {
    t.equal(at(13_000, { state }), calm, 'its creation counts as a report')
    t.equal(at(13_001, { state }), 'suspect', state)
    t.equal(at(20_000, { state, lastReportAt: 8_000 }), calm)
    t.equal(at(20_001, { state, lastReportAt: 8_000 }), 'suspect')
  }
  t.equal(at(20_000, { state: 'draining', reason: 'client_closed' }), 'suspect', 'also one that said it leaves')
  t.equal(at(20_000, { state: 'draining', reason: 'ping_timeout' }), 'nice-killed')
  t.equal(at(20_000, { state: 'lost' }), 'zombie')
  t.equal(at(20_000, { state: 'stopped' }), 'dead')
})

t.test('a session is shown until its process is gone', async t => {
  const exit = { code: null, signal: 'SIGKILL', outputTail: '' }
  t.equal(isShown(view({ state: 'starting' })), true)
  t.equal(isShown(view({ state: 'draining', reason: 'admin' })), true)
  t.equal(isShown(view({ state: 'stopped', endedAt: 5, exit })), false)
  t.equal(isShown(view({ state: 'failed', endedAt: 5 })), false, 'also when there never was one')
  t.equal(isShown(view({ state: 'lost', endedAt: 5 })), true)
  t.equal(isShown(view({ state: 'lost', endedAt: 5, exit })), false)
})
