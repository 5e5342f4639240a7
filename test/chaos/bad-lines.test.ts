import { connect } from 'node:net'
import t from 'tap'
import { startSlipway } from '../fixtures/slipway.ts'
import { Callers } from './callers.ts'
import { FaultRelay } from './fault-relay.ts'
import { nodeArgs, warmedUp } from './footprint.ts'
import { broken } from './invariants.ts'
import { quick } from './quick.ts'
import { chance, drawn } from './seed.ts'

/** What a caller says before it falls silent. */
const beginnings = [
  '',
  'POST /api/spawn HTTP/1.1\r\nHost: x\r\n',
  'POST /api/spawn HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
]

t.test('lines that delay, slice, reset, half-close or fall silent, and callers who never finish: nothing is lost', async t => {
  const random = chance()
  const slipway = await startSlipway(t, { ...quick, SLIPWAY_MAX_SESSIONS: '8' }, { nodeArgs })
  const relay = await FaultRelay.open(t, slipway.port, random)
  const callers = new Callers(random)
  const before = await warmedUp(slipway, callers)

  const halves = Array.from({ length: 40 }, () => {
    const socket = connect({ port: slipway.port, host: '127.0.0.1', allowHalfOpen: true })
    socket.on('error', () => {})
    socket.write(random.pick(beginnings))
    if (random.chance(0.3)) socket.end()
    return socket
  })
  t.teardown(() => { for (const half of halves) half.destroy() })
  await callers.come(relay, { visits: 50, abreast: 10, stay: 300 })
  for (const half of halves) half.destroy()
  relay.hangUp()

  t.same(await broken(slipway, { asked: callers.counted, before }), [], drawn)
  t.ok(Object.values(relay.met).every(count => count > 0), `every fault was met: ${JSON.stringify(relay.met)}`)
  t.ok(callers.fates.opened > 0 && callers.fates.broken > 0, JSON.stringify(callers.fates))
  const after = new Callers(random)
  await after.come(slipway, { visits: 4, abreast: 2 })
  t.equal(after.fates.opened, 4, JSON.stringify(after.answers))
})
