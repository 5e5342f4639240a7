import t from 'tap'
import { SessionHistory } from '../../src/history/session-history.ts'
import type { Transition } from '../../src/history/transition.ts'

const step = (at: string): Transition => ({ at, from: null, to: 'queued', by: 'caller', reason: null, renderer: 'csr', model: null, via: 'rest', port: null, pid: null, exitCode: null, signal: null })

t.test('a session has its steps, and none of another', async t => {
  const history = new SessionHistory(2)
  history.add('a', step('1'), false)
  history.add('b', step('2'), false)
  history.add('a', step('3'), true)
  t.match(history.of('a'), { steps: [{ at: '1' }, { at: '3' }], leftOut: 0 })
  t.equal(history.of('c'), undefined)
  t.equal(history.of('__proto__'), undefined)
})

t.test('of those that ended the last ones are remembered; those that live always', async t => {
  const history = new SessionHistory(2)
  for (const id of ['alive', 'a', 'b', 'c']) history.add(id, step(id), false)
  for (const id of ['b', 'a', 'c']) history.add(id, step('end'), true)
  t.equal(history.of('b'), undefined)
  t.same(['alive', 'a', 'c'].map(id => history.of(id)?.steps.length), [1, 2, 2])
})

t.test('of a viewer that comes and goes for days, the beginning and the last steps stay', async t => {
  const history = new SessionHistory(1)
  for (let at = 1; at <= 1_000; at++) history.add('a', step(String(at)), false)
  const story = history.of('a')
  const kept = story?.steps.length ?? 0
  t.ok(kept <= 200)
  t.equal(kept + (story?.leftOut ?? 0), 1_000)
  t.match([story?.steps[0]?.at, story?.steps[19]?.at, story?.steps.at(-1)?.at], ['1', '20', '1000'])
})
