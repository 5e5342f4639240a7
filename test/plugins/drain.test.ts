import t from 'tap'
import drain from '../../plugins/drain.ts'
import sessionsApi from '../../plugins/sessions-api.ts'
import type { Spawner } from '../../src/spawning/spawner.ts'
import { appStage, opened } from '../fixtures/app-stage.ts'

const elsewhere = { remoteAddress: '192.0.2.9' }

t.test('a drain over REST: readiness is false at once, progress is there for everybody, and it can be called off', async t => {
  const { app, clock, log } = await appStage(t)
  await app.register(drain, { open: false, adminKey: 'secret', drainTimeout: 30, clock })
  await app.register(sessionsApi, { open: false, adminKey: 'secret' })
  const { id } = await opened(app)
  t.same((await app.inject('/api/drain')).json(), { draining: false, since: null, deadline: null, sessionsAtStart: 0, sessionsLeft: 0 })
  const iso = (time: number) => new Date(time).toISOString()
  const now = clock.now()
  const begun = await app.inject({ method: 'POST', url: '/api/drain?timeout=600', payload: '{"any":1}', headers: { 'content-type': 'application/json' } })
  t.same([begun.statusCode, begun.json()], [200, { draining: true, since: iso(now), deadline: iso(now + 600_000), sessionsAtStart: 1, sessionsLeft: 1 }])
  t.match(await app.inject('/readyz'), { statusCode: 503 })
  await app.spawner.stop(id, 'admin')
  t.match((await app.inject({ url: '/api/drain', ...elsewhere })).json(), { sessionsAtStart: 1, sessionsLeft: 0 })
  const off = await app.inject({ method: 'DELETE', url: '/api/drain' })
  t.same([off.statusCode, off.json()], [200, { draining: false, since: null, deadline: null, sessionsAtStart: 0, sessionsLeft: 0 }])
  t.match(await app.inject('/readyz'), { statusCode: 200 })
  t.equal((await opened(app)).state, 'ready')
  t.match(await app.inject({ method: 'DELETE', url: '/api/drain' }), { statusCode: 409, body: /The service is not draining/ })
  t.match((await app.inject({ method: 'POST', url: '/api/drain' })).json(), { deadline: iso(clock.now() + 30_000) }, 'as long as after SIGTERM where nothing is said')
  void app.spawner.stopAll()
  t.match(await app.inject({ method: 'DELETE', url: '/api/drain' }), { statusCode: 409, body: /being stopped/ })
  t.match(log.map(({ msg }) => msg).join('\n'), /draining over REST: nothing more is given out, and 1 sessions have 600 s to finish\n[^]*called off/)
})

for (const [part, begin] of Object.entries({
  emptied: spawner => { void spawner.emptied() },
  leave: spawner => { void spawner.leave(new Promise(() => {})) },
  stopAll: spawner => { void spawner.stopAll() }
} satisfies Record<string, (spawner: Spawner) => void>)) {
  t.test(`once the service is ending (${part}) the drain cannot be called off`, async t => {
    const { app, clock } = await appStage(t)
    await app.register(drain, { open: false, adminKey: 'secret', drainTimeout: 30, clock })
    await opened(app)
    // It was begun over REST, and then came the signal.
    await app.inject({ method: 'POST', url: '/api/drain' })
    begin(app.spawner)
    t.match(await app.inject({ method: 'DELETE', url: '/api/drain' }), { statusCode: 409, body: /being stopped/ })
    t.equal(app.spawner.draining, true)
  })
}

t.test('from elsewhere only who has the key begins one or calls it off', async t => {
  const { app, clock } = await appStage(t)
  await app.register(drain, { open: false, adminKey: 'secret', drainTimeout: 30, clock })
  for (const method of ['POST', 'DELETE'] as const) {
    t.equal((await app.inject({ method, url: '/api/drain', ...elsewhere })).statusCode, 403)
    t.equal((await app.inject({ method, url: '/api/drain', headers: { 'x-forwarded-for': '192.0.2.9' } })).statusCode, 403)
  }
  t.equal(app.spawner.draining, false)
  t.equal((await app.inject({ method: 'POST', url: '/api/drain', ...elsewhere, headers: { authorization: 'Bearer secret' } })).statusCode, 200)
  t.equal(app.spawner.draining, true)
})

t.test('a timeout that is none changes nothing', async t => {
  const { app, clock } = await appStage(t)
  await app.register(drain, { open: false, adminKey: '', drainTimeout: 30, clock })
  for (const timeout of ['-1', 'soon', '604801', '1&timeout=2', '']) {
    t.match(await app.inject({ method: 'POST', url: `/api/drain?timeout=${timeout}` }), { statusCode: 400, body: /timeout: expected seconds from 0 to 604800/ })
  }
  t.equal(app.spawner.draining, false)
})
