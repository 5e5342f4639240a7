import t from 'tap'
import { PhaseLog } from '../../src/viewer/phases.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

t.test('every phase has its time since the click', async t => {
  const clock = new FakeClock()
  const log = new PhaseLog(clock)
  for (const phase of ['ready', 'open', 'scene', 'first-picture', 'complete'] as const) {
    await clock.advance(10)
    t.ok(log.reach(phase))
  }
  t.strictSame(Object.fromEntries(log.times), { starting: 0, ready: 10, open: 20, scene: 30, 'first-picture': 40, complete: 50 })
})

t.test('a viewer never goes back to an earlier phase', async t => {
  const log = new PhaseLog(new FakeClock())
  log.reach('complete')
  t.notOk(log.reach('first-picture'))
  t.notOk(log.reach('complete'))
  t.equal(log.current, 'complete')
})

t.test('a failed viewer stays failed', async t => {
  const log = new PhaseLog(new FakeClock())
  t.ok(log.reach('failed'))
  t.ok(log.ended)
  t.notOk(log.reach('closed'))
  t.notOk(log.reach('ready'))
  t.equal(log.current, 'failed')
})
