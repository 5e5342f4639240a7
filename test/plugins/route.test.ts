import t, { type Test } from 'tap'
import access from '../../plugins/access.ts'
import route from '../../plugins/route.ts'
import { Admission } from '../../src/front/admission.ts'
import { appStage, opened } from '../fixtures/app-stage.ts'

async function routeStage (t: Test, trusted = true, byPort = true) {
  const stage = await appStage(t, { front: { trusts: () => trusted, prefix: '/cad' } })
  const { app, clock } = stage
  await app.register(access, { host: '127.0.0.1', publicHost: '', internalHost: '', secure: false, corsOrigin: '', open: false })
  const admission = new Admission({ tokens: app.front.tokens, byPort, seatsKept: false, sessionOnPort: port => app.spawner.sessionOnPort(port), clock })
  t.teardown(() => { admission.close() })
  await app.register(route, { admission, streamHost: '127.0.0.1' })
  await app.ready()
  const ask = async (address?: string, headers: Record<string, string> = {}) => await app.inject({ url: '/api/route', headers: { host: 'localhost', ...headers, ...address === undefined ? {} : { 'x-original-uri': address } } })
  return { ...stage, ask }
}

t.test('a proxy that carries viewers itself is told the way', async t => {
  const { app, ask } = await routeStage(t)
  const { id, port } = await opened(app)
  const token = app.front.tokens.issue({ id, port })
  for (const [address, path] of [[`/cad/s/${token}/deep?a=1`, '/deep?a=1'], [`/wsproxy/${port}`, '/'], [`/wsproxy/${port}/?renderingLocation=csr`, '/?renderingLocation=csr']] as const) {
    const answer = await ask(address)
    t.equal(answer.statusCode, 204, address)
    t.match(answer.headers, { 'x-slipway-upstream': `127.0.0.1:${port}`, 'x-slipway-path': path })
  }
})

t.test('the seat is kept for a moment, for the viewer that was asked for', async t => {
  const { app, ask, clock } = await routeStage(t)
  const { id, port } = await opened(app)
  const token = app.front.tokens.issue({ id, port })
  t.equal((await ask(`/s/${token}`)).statusCode, 204)
  t.match(await ask(`/s/${token}`), { statusCode: 403, headers: { 'x-slipway-refusal': 'occupied' } })
  await clock.advance(5_000)
  t.equal((await ask(`/s/${token}`)).statusCode, 204, 'it did not come')
})

t.test('where viewers have tokens, no port lets anybody in', async t => {
  const { app, ask } = await routeStage(t, true, false)
  const { port } = await opened(app)
  t.match(await ask(`/wsproxy/${port}`), { statusCode: 403, headers: { 'x-slipway-refusal': 'bad_token' } })
})

t.test('only the address itself is answered', async t => {
  const { app } = await routeStage(t)
  for (const url of ['//api/route', '/cad/api/route', '/%61pi/route']) t.equal((await app.inject({ url, headers: { host: 'localhost', 'x-original-uri': '/' } })).statusCode, 404, url)
})

t.test('forged tokens, foreign ports, other addresses, pages of other origins', async t => {
  const { app, ask, begin } = await routeStage(t)
  const { id, port } = await opened(app)
  const token = app.front.tokens.issue({ id, port })
  for (const [address, refusal, headers] of [
    [`/s/${'A'.repeat(52)}`, 'bad_token'],
    [`/wsproxy/${begin + 3}`, 'unknown_session'],
    ['/wsproxy/22', 'unknown_session'],
    ['/', 'unknown_session'],
    ['/api/spawn', 'unknown_session'],
    [`/s/${token}`, 'foreign_origin', { origin: 'https://evil.example' }]
  ] as const) t.match(await ask(address, headers), { statusCode: 403, headers: { 'x-slipway-refusal': refusal } }, address)
})

t.test('only a trusted proxy may ask, and it must say for which address', async t => {
  t.equal((await (await routeStage(t)).ask()).statusCode, 400)
  const { ask } = await routeStage(t, false)
  t.match(await ask('/'), { statusCode: 403, body: /SLIPWAY_TRUSTED_PROXIES/ })
})
