import t from 'tap'
import { LoopWatch } from '../../src/load/loop-watch.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

t.test('that the process stood still is told afterwards, and how late things ran', async t => {
  const clock = new FakeClock()
  const stalls: number[] = []
  const watch = new LoopWatch({ clock, stalled: milliseconds => { stalls.push(milliseconds) } })
  await clock.advance(10_000)
  t.same([watch.delay(), stalls], [0, []])
  clock.stall(700)
  await clock.advance(1_000)
  t.same([watch.delay(), stalls], [200, []], 'a little late is nothing to tell')
  t.equal(watch.delay(), 0, 'each is told once')
  clock.stall(3_500)
  await clock.advance(1_000)
  t.equal(stalls.length, 1)
  t.ok((stalls[0] ?? 0) >= 3_000)
  watch.close()
  watch.close()
  t.equal(clock.pending, 0)
})
