import t from 'tap'
import health from '../../plugins/health.ts'
import loadGate from '../../plugins/load-gate.ts'
import { LoadGate } from '../../src/load/load-gate.ts'
import { WaitingLine } from '../../src/spawning/waiting-line.ts'
import { settle } from '../fixtures/fake-clock.ts'
import { appStage, open, opened } from '../fixtures/app-stage.ts'

const off = { closes: 0, opens: 0 }

async function healthStage (t: Parameters<typeof appStage>[0], options: Parameters<typeof appStage>[1] = {}) {
  const stage = await appStage(t, options)
  const gate = new LoadGate({ memory: off, cpu: off, loop: off })
  await stage.app.register(loadGate, { gate, read: async () => ({ memory: null, cpu: null }), clock: stage.clock })
  await stage.app.register(health, { clock: stage.clock })
  await stage.app.listen({ host: '127.0.0.1', port: 0 })
  const get = async () => {
    const answer = await stage.app.inject('/healthz')
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() }
  }
  return { ...stage, get }
}

t.test('a service that is busy or drains is alive', async t => {
  const { app, get } = await healthStage(t, { max: 1 })
  t.same(await get(), { status: 200, body: { status: 'alive' } })
  await opened(app)
  t.same(await get(), { status: 200, body: { status: 'alive', busy: 'full' } })
  app.spawner.drain()
  t.same(await get(), { status: 200, body: { status: 'alive', busy: 'draining' } })
})

t.test('that the whole service stood still is told for a minute', async t => {
  const { get, clock } = await healthStage(t)
  clock.stall(3_000)
  await clock.advance(500)
  t.match(await get(), { status: 200, body: { status: 'alive', lastStall: { seconds: 2.5 } } })
  await clock.advance(61_000)
  t.same(await get(), { status: 200, body: { status: 'alive' } })
})

t.test('a service that is wedged is not alive, and says all it knows', async t => {
  const { app, get, clock, log } = await healthStage(t, { max: 1, line: { room: 1, patience: 600_000 } })
  const { id } = await opened(app)
  const waiting = open(app)
  await settle()
  const { callNext } = WaitingLine.prototype
  WaitingLine.prototype.callNext = () => false
  t.teardown(() => { WaitingLine.prototype.callNext = callNext })
  await app.spawner.stop(id, 'admin')
  await clock.advance(10_000)
  t.match(await get(), { status: 503, body: { status: 'wedged', waiting: 1, alive: 0, maxSessions: 1, starting: 0, obstacle: null } })
  t.equal(app.wedgedSince() === null, false)
  t.match(log.filter(({ level }) => level === 50), [{ msg: /^wedged: requests wait although something could be started/, waiting: 1, maxSessions: 1 }])
  WaitingLine.prototype.callNext = callNext
  await clock.advance(5_000)
  t.match(await waiting, { status: 'opened' })
  t.match(await get(), { status: 200, body: { status: 'alive' } })
  t.match(log.map(({ msg }) => msg).join('\n'), /no longer wedged, after \d+ s/)
})
