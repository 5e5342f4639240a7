import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { startSlipway } from '../fixtures/slipway.ts'
import type { SeededRandom } from '../simulation/seeded-random.ts'
import { Callers } from './callers.ts'
import { nodeArgs, warmedUp } from './footprint.ts'
import { broken } from './invariants.ts'
import { quick } from './quick.ts'
import { chance, drawn, during, moment } from './seed.ts'

/** Holds a port for a while, if nobody else does. */
async function squat (port: number, random: SeededRandom): Promise<boolean> {
  const server = createServer(socket => { socket.destroy() })
  server.listen({ port, host: random.pick(['127.0.0.1', '0.0.0.0']), exclusive: true })
  const held = await once(server, 'listening').then(() => true, () => false)
  if (!held) return false
  await moment(random.between(50, 900))
  server.close()
  await once(server, 'close')
  return true
}

t.test('programs that take ports of the range at random moments and let them go: every caller is answered, and no port is lost', async t => {
  const random = chance()
  const slipway = await startSlipway(t, { ...quick, SLIPWAY_MAX_SESSIONS: '6' }, { nodeArgs })
  const callers = new Callers(random)
  const before = await warmedUp(slipway, callers)
  let held = 0
  await during(callers.come(slipway, { visits: 40, abreast: 5, stay: 300 }), async () => {
    const squats = await Promise.all(Array.from({ length: 3 }, () => squat(random.pick(slipway.ports), random)))
    held += squats.filter(Boolean).length
    if (!squats.includes(true)) await moment(random.between(5, 60))
  })
  t.same(await broken(slipway, { asked: callers.asked, before }), [], drawn)
  t.equal(callers.fates.broken, 0, `every caller was answered: ${JSON.stringify(callers.answers)}`)
  t.ok(held > 0, `${held} times a port was held`)
})
