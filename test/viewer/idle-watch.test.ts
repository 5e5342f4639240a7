import t from 'tap'
import { IdleWatch } from '../../src/viewer/idle-watch.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

function watched (allowed: number, warning: number) {
  const clock = new FakeClock()
  const told: string[] = []
  const watch = new IdleWatch(clock, allowed, warning, { near: left => { told.push(`${left} s`) }, averted: () => { told.push('averted') }, over: () => { told.push('over') } })
  return { clock, told, watch }
}

t.test('nobody does anything: it warns every second, then it is over, once', async t => {
  const { clock, told, watch } = watched(10_000, 3_000)
  watch.touch()
  await clock.advance(6_900)
  t.strictSame(told, [])
  await clock.advance(100)
  t.strictSame(told, ['3 s'])
  await clock.advance(60_000)
  t.strictSame(told, ['3 s', '2 s', '1 s', 'over'])
  watch.touch()
  await clock.advance(7_000)
  t.equal(told.at(-1), '3 s', 'it can begin again')
  watch.close()
})

t.test('whoever does something is not warned', async t => {
  const { clock, told, watch } = watched(10_000, 3_000)
  watch.touch()
  for (let time = 0; time < 10; time++) {
    await clock.advance(5_000)
    watch.touch()
  }
  t.strictSame(told, [])
  watch.close()
})

t.test('a warning is taken back by whoever does something', async t => {
  const { clock, told, watch } = watched(10_000, 3_000)
  watch.touch()
  await clock.advance(8_000)
  watch.touch()
  t.strictSame(told, ['3 s', '2 s', 'averted'])
  await clock.advance(6_000)
  t.equal(told.length, 3)
  watch.close()
  await clock.advance(60_000)
  t.equal(told.length, 3, 'closed, it says nothing')
})

t.test('0 is for ever', async t => {
  const { clock, told, watch } = watched(0, 3_000)
  watch.touch()
  await clock.advance(1e9)
  t.strictSame(told, [])
})
