import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { startSlipway, within } from '../fixtures/slipway.ts'
import { Callers } from './callers.ts'
import { nodeArgs, warmedUp } from './footprint.ts'
import { broken } from './invariants.ts'
import { Metrics } from './metrics.ts'
import { quick } from './quick.ts'
import { chance, drawn } from './seed.ts'

const [seats, stayers] = [4, 12]

t.test('people who never log out, and never hang up either: their seats come back, and everybody else is served', async t => {
  const random = chance()
  const slipway = await startSlipway(t, { ...quick, SLIPWAY_MAX_SESSIONS: String(seats), SLIPWAY_IDLE_TIMEOUT: '1', SLIPWAY_MAX_LIFETIME: '3', SLIPWAY_SEAT_TIMEOUT: '60' }, { nodeArgs })
  const callers = new Callers(random)
  const before = await warmedUp(slipway, callers)
  /** Opens a viewer and leaves it alone, or says something again and again; resolves when the service has ended it. */
  const stay = async (talks: boolean) => {
    const viewer = new WebSocket(`ws://127.0.0.1:${slipway.port}/`)
    t.teardown(() => { viewer.terminate() })
    await within(once(viewer, 'open'), () => 'somebody who stays was never answered', 60_000)
    const talk = () => { viewer.send('still here', () => {}) }
    if (talks) {
      viewer.on('message', () => { setTimeout(talk, 100) })
      talk()
    }
    await within(once(viewer, 'close'), () => 'somebody was let stay for ever', 60_000)
  }
  await Promise.all([
    ...Array.from({ length: stayers }, (_, index) => stay(index % 2 === 0)),
    callers.come(slipway, { visits: 20, abreast: 4, stay: 200 })
  ])
  t.equal(callers.fates.opened, 32, JSON.stringify(callers.answers))
  t.same(await broken(slipway, { asked: callers.asked + stayers, before }), [], drawn)
  const metrics = await Metrics.of(slipway.url)
  for (const reason of ['idle_timeout', 'max_lifetime']) t.equal(metrics.sum('session_ends_total', `reason="${reason}"`), stayers / 2, reason)
})
