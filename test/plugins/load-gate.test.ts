import t from 'tap'
import loadGate from '../../plugins/load-gate.ts'
import officialPages from '../../plugins/official-pages.ts'
import restHandshake from '../../plugins/rest-handshake.ts'
import sessionsApi from '../../plugins/sessions-api.ts'
import spawnLimit from '../../plugins/spawn-limit.ts'
import { LoadGate } from '../../src/load/load-gate.ts'
import { appStage } from '../fixtures/app-stage.ts'

t.test('while the machine is too busy requests are answered so, and the service is not ready', async t => {
  const gate = new LoadGate({ memory: { closes: 10, opens: 20 }, cpu: { closes: 0, opens: 0 }, loop: { closes: 2_000, opens: 1_000 } })
  const { app, clock, log } = await appStage(t, { gate })
  let memory = 50
  await app.register(loadGate, { gate, read: async () => ({ memory, cpu: null }), clock })
  await app.register(spawnLimit, { perMinute: 0 })
  await app.register(restHandshake, { modelDirs: [], clock })
  await app.register(sessionsApi, { open: false, adminKey: '' })
  await app.register(officialPages, { open: false, adminKey: '', config: {}, proxiesViewers: false, pingInterval: 5, firstConnectTimeout: 60, gate, collectGarbage: undefined, stop: () => {}, clock })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const ask = async () => await app.inject({ method: 'POST', url: '/api/spawn' })
  const ready = async () => (await app.inject('/readyz')).json<object>()

  await clock.advance(2_000)
  t.equal((await ask()).statusCode, 200)
  memory = 5
  await clock.advance(2_000)
  const refused = await ask()
  t.match(refused, { statusCode: 503, headers: { 'retry-after': '5' } })
  t.same(refused.json(), { status: 'failed', reason: 'The machine is too busy to start another stream server', code: 'memory_low', retryAfter: 5 })
  t.same(await ready(), { ready: false, reason: 'memory_low' })
  t.match((await app.inject('/api/status')).json(), { loadGate: { closed: 'memory_low', memory: 5, cpu: null } })
  memory = 15
  await clock.advance(2_000)
  t.equal((await ask()).statusCode, 503, 'a little more is not enough')
  memory = 20
  await clock.advance(2_000)
  t.equal((await ask()).statusCode, 200)
  t.same(await ready(), { ready: true })

  clock.stall(5_000)
  await clock.advance(1_000)
  t.match(app.lastStall(), { milliseconds: 4_500 })
  t.match((await ask()).json(), { code: 'event_loop_slow' })
  await clock.advance(2_000)
  t.equal((await ask()).statusCode, 200)
  const said = log.map(({ msg }) => msg).join('\n')
  for (const words of ['nothing more is started for now: memory_low', 'stream servers are started again', 'the whole service stood still']) t.match(said, words)
})
