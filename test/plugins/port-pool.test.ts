import { once } from 'node:events'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import portPool, { type PortPoolPluginOptions } from '../../plugins/port-pool.ts'
import { loggingApp } from '../fixtures/app-stage.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'
import { portRange } from '../fixtures/leak-check.ts'

async function poolStage (t: Test, options: Partial<PortPoolPluginOptions> = {}) {
  const { app, log } = loggingApp(t)
  const clock = new FakeClock()
  const begin = await portRange(2)
  await app.register(portPool, { begin, count: 2, rest: 2, retry: 30, own: [], clock, ...options })
  return { app, log, clock, begin, never: new AbortController().signal }
}

t.test('a range that is fine is not talked about', async t => {
  const { app, log } = await poolStage(t)
  await app.ready()
  t.same(log, [])
})

t.test('a port of one’s own inside the range is warned of', async t => {
  const begin = await portRange(2)
  const { app, log } = await poolStage(t, { begin, own: [begin - 1, begin + 1, begin + 2] })
  await app.ready()
  t.match(log, [{ level: 40, msg: new RegExp(`^port ${begin + 1} is inside the stream servers' range ${begin}-${begin + 1}`) }])
  t.equal(log.length, 1)
})

t.test('a range the kernel also uses is warned of', { skip: process.platform !== 'linux' && 'only Linux tells its range' }, async t => {
  const { app, log } = await poolStage(t, { begin: 1_024, count: 64_000 })
  await app.ready()
  t.match(log, [{ level: 40, msg: /overlaps the kernel's range for outgoing connections/ }])
})

t.test('seconds of the settings are seconds of the pool; a port that somebody holds is told, and told when it is free again', async t => {
  const { app, log, clock, begin, never } = await poolStage(t)
  await app.ready()
  const stranger = createServer().listen(begin, '127.0.0.1')
  await once(stranger, 'listening')
  const lease = await app.portPool.take(never)
  t.equal(lease?.port, begin + 1)
  t.match(log, [{ level: 40, port: begin, msg: `port ${begin} is left alone for 30 s: another process listens on it` }])
  stranger.close()
  await once(stranger, 'close')
  lease?.release()
  await clock.advance(1_999)
  t.same(app.portPool.counts(), { free: 0, leased: 0, resting: 1, blocked: 1 })
  await clock.advance(1)
  t.same(app.portPool.counts(), { free: 1, leased: 0, resting: 0, blocked: 1 })
  await clock.advance(28_000)
  t.same(app.portPool.counts(), { free: 2, leased: 0, resting: 0, blocked: 0 })
  await app.portPool.take(never)
  t.equal((await app.portPool.take(never))?.port, begin)
  t.match(log.at(-1), { level: 30, port: begin, msg: `port ${begin} is free again` })
})

t.test('closing sends away who waits', async t => {
  const { app, clock, never } = await poolStage(t, { count: 1 })
  await app.ready()
  const lease = await app.portPool.take(never)
  lease?.release()
  const waiting = app.portPool.take(never)
  await app.close()
  t.equal(await waiting, undefined)
  t.equal(clock.pending, 0)
})
