import t, { type Test } from 'tap'
import spawnLimit from '../../plugins/spawn-limit.ts'
import status from '../../plugins/status.ts'
import tutorial from '../../plugins/tutorial.ts'
import { appStage, reached, type AppStageOptions } from '../fixtures/app-stage.ts'

async function tutorialStage (t: Test, { perMinute = 0, ...options }: AppStageOptions & { perMinute?: number } = {}) {
  const stage = await appStage(t, options)
  const { app } = stage
  await app.register(spawnLimit, { perMinute })
  await app.register(tutorial)
  await app.register(status, { prefix: '/liveliness' })
  await app.ready()
  const spawn = (payload?: object | string, headers: Record<string, string> = {}) => app.inject({ method: 'POST', url: '/spawn', headers, ...payload === undefined ? {} : { payload } })
  const report = (id: string, liveliness: string) => app.inject({ method: 'POST', url: `/liveliness/${id}?liveliness=${liveliness}` })
  return { ...stage, spawn, report }
}

t.test('the answer is held until the stream server says it is ready', async t => {
  const { app, spawn, report, launcher } = await tutorialStage(t, { autoReady: false })
  const starting = reached(app.spawner, 'starting')
  const asked = spawn({ rendererType: 'ssr' }, { host: 'cad.test:8082' })
  const { id, port } = await starting
  const ready = await report(id, 'ready')
  t.equal(ready.statusCode, 200)
  t.equal(ready.body, '')
  const answer = await asked
  t.equal(answer.statusCode, 200)
  t.same(answer.json(), { id, endpoint: `ws://cad.test:${port}`, rendererType: 'ssr' })
  t.equal((await report(id, 'ping')).statusCode, 200)
  t.same((await app.inject('/status')).json(), [{ id, port, rendererType: 'ssr', startTime: new Date(1_000_000).toISOString() }])
  t.equal((await report(id, 'disconnect')).statusCode, 200)
  launcher.exit(id, { code: 0 })
  t.same((await app.inject('/status')).json(), [])
})

t.test('whoever does not say how it is rendered gets client rendering', async t => {
  const { spawn } = await tutorialStage(t, { max: 6 })
  for (const [payload, headers] of [[undefined, {}], [{}, {}], ['', { 'content-type': 'application/json' }], ['null', { 'content-type': 'application/json' }], ['rendererType=ssr', { 'content-type': 'text/plain' }], [{ rendererType: 'other' }, {}]] as const) {
    const answer = await spawn(payload, headers)
    t.equal(answer.statusCode, 200)
    t.match(answer.json(), { rendererType: 'csr', endpoint: /^ws:/ })
  }
})

t.test('whoever cannot be served is told why', async t => {
  const { spawn } = await tutorialStage(t, { max: 1, renderers: ['csr'] })
  t.equal((await spawn('{', { 'content-type': 'application/json' })).statusCode, 400)
  t.match((await spawn({ rendererType: 'ssr' })).json(), { status: 'failed', reason: 'Invalid rendering location' })
  t.equal((await spawn()).statusCode, 200)
  const full = await spawn()
  t.equal(full.statusCode, 503)
  t.ok(full.headers['retry-after'])
  t.match(full.json(), { reason: 'No ports available' })
  const limited = await tutorialStage(t, { perMinute: 1 })
  await limited.spawn()
  t.equal((await limited.spawn()).statusCode, 429)
})
