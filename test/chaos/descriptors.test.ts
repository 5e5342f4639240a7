import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import t from 'tap'
import { comesTrue, startSlipway } from '../fixtures/slipway.ts'
import { Callers } from './callers.ts'
import { nodeArgs, warmedUp } from './footprint.ts'
import { broken } from './invariants.ts'
import { quick } from './quick.ts'
import { chance, drawn, moment } from './seed.ts'
import { standIn } from './stand-in.ts'

/** Descriptors the service, and each process it starts, may have. */
const most = 256
const around = ['/bin/sh', '-c', `ulimit -n ${most}; exec "$@"`, 'sh']
const provokes = /EMFILE|ENFILE|too many open files|viewing request failed/i
const descriptors = (pid: number) => readdirSync(`/proc/${pid}/fd`).length

t.test('a flood of connections takes every descriptor: nobody waits for ever, and afterwards all is as before', async t => {
  const random = chance()
  const slipway = await startSlipway(t, { ...quick, SLIPWAY_MAX_SESSIONS: '6' }, { around, nodeArgs, provokes })
  const callers = new Callers(random)
  const before = await warmedUp(slipway, callers)

  const flood = Array.from({ length: 2 * most }, () => connect({ port: slipway.port, host: '127.0.0.1' }).on('error', () => {}))
  t.teardown(() => { for (const socket of flood) socket.destroy() })
  await comesTrue('no descriptor is left', () => descriptors(slipway.pid) >= most - 2)
  const visits = callers.come(slipway, { visits: 16, abreast: 8 })
  await moment(1_500)
  for (const socket of flood) socket.destroy()
  await visits

  t.same(await broken(slipway, { asked: callers.counted, before }), [], drawn)
  const after = new Callers(random)
  await after.come(slipway, { visits: 6, abreast: 3 })
  t.equal(after.fates.opened, 6, JSON.stringify(after.answers))
})

t.test('more stream servers than the launcher has descriptors for: who cannot be served is told so', async t => {
  const random = chance()
  const slipway = await startSlipway(t, { ...quick, SLIPWAY_STREAM_SERVER: standIn(t), SLIPWAY_MAX_SESSIONS: '140' }, { around, nodeArgs, provokes })
  const callers = new Callers(random)
  const before = await warmedUp(slipway, callers)
  await Promise.all(Array.from({ length: 140 }, () => callers.rest(slipway, null, 2_000)))
  t.same(await broken(slipway, { asked: callers.counted, before }), [], drawn)
  t.ok(callers.fates.opened > 0 && callers.fates.refused > 0, JSON.stringify(callers.answers))
  const after = new Callers(random)
  await after.come(slipway, { visits: 6, abreast: 3 })
  t.equal(after.fates.opened, 6, JSON.stringify(after.answers))
})
