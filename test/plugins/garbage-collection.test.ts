import t from 'tap'
import garbageCollection from '../../plugins/garbage-collection.ts'
import { loggingApp } from '../fixtures/app-stage.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

t.test('garbage is collected at every interval until the service is closed', async t => {
  const { app } = loggingApp(t)
  const clock = new FakeClock()
  let times = 0
  await app.register(garbageCollection, { interval: 30, collectGarbage: () => { times++ }, clock })
  await clock.advance(60_000)
  t.equal(times, 0, 'not before the service is ready')
  await app.ready()
  await clock.advance(29_999)
  t.equal(times, 0)
  await clock.advance(1)
  t.equal(times, 1)
  await clock.advance(60_000)
  t.equal(times, 3)
  await app.close()
  await clock.advance(60_000)
  t.equal(times, 3)
})

t.test('where Node does not let it, that is said once', async t => {
  const { app, log } = loggingApp(t)
  await app.register(garbageCollection, { interval: 30, collectGarbage: undefined, clock: new FakeClock() })
  await app.ready()
  t.match(log, [{ level: 30, msg: /^SLIPWAY_GC_INTERVAL: .*--expose-gc/ }])
})
