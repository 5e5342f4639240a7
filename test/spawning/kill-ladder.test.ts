import t from 'tap'
import { KillLadder } from '../../src/spawning/kill-ladder.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

function ladder () {
  const clock = new FakeClock()
  const reached: string[] = []
  return { clock, reached, ladder: new KillLadder(5_000, clock, rung => reached.push(rung)) }
}

t.test('it climbs a rung per step and ends with giving up', async t => {
  const { clock, reached, ladder: climbing } = ladder()
  climbing.climb('leave')
  await clock.advance(15_000)
  t.same(reached, ['leave', 'SIGTERM', 'SIGKILL', 'lost'])
  t.equal(clock.pending, 0)
})

t.test('a higher rung may be asked for, a lower one is nothing', async t => {
  const { clock, reached, ladder: climbing } = ladder()
  climbing.climb('SIGTERM')
  climbing.climb('leave')
  climbing.climb('SIGTERM')
  climbing.climb('SIGKILL')
  t.same(reached, ['SIGTERM', 'SIGKILL'])
  climbing.done()
  t.equal(clock.pending, 0)
})

t.test('once the process is gone nothing more happens', async t => {
  const { clock, reached, ladder: climbing } = ladder()
  climbing.climb('leave')
  climbing.done()
  climbing.done()
  climbing.climb('SIGKILL')
  await clock.advance(60_000)
  t.same(reached, ['leave'])
})
