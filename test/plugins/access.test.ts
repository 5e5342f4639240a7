import t, { type Test } from 'tap'
import access from '../../plugins/access.ts'
import errors from '../../plugins/errors.ts'
import frontPlugin from '../../plugins/front.ts'
import type { Access } from '../../src/access/callers.ts'
import { systemClock } from '../../src/clock.ts'
import { loggingApp } from '../fixtures/app-stage.ts'
import { frontOf } from '../fixtures/front.ts'

async function accessStage (t: Test, changes: Partial<Access> = {}) {
  const { app, log } = loggingApp(t)
  await app.register(errors)
  await app.register(frontPlugin, { front: frontOf(systemClock) })
  await app.register(access, { host: '127.0.0.1', publicHost: '', internalHost: '', secure: false, corsOrigin: '', open: false, ...changes })
  app.post('/api/spawn', async () => 'asked')
  app.options('/api/spawn', async () => 'POST')
  await app.ready()
  return { app, log }
}

const headers = (origin: string | undefined) => ({
  'access-control-allow-origin': origin,
  'access-control-allow-methods': origin === undefined ? undefined : 'POST',
  'access-control-allow-headers': origin === undefined ? undefined : 'Content-Type, Access-Control-Allow-Origin, Access-Control-Allow-Methods, Access-Control-Allow-Headers'
})

t.test('pages that may ask are told so on every answer, also where there is nothing', async t => {
  for (const [changes, told] of [[{ corsOrigin: 'https://plm.example' }, 'https://plm.example'], [{ corsOrigin: '*' }, '*'], [{ open: true }, '*']] as const) {
    const { app } = await accessStage(t, changes)
    for (const [method, url, status] of [['OPTIONS', '/api/spawn', 200], ['POST', '/api/spawn', 200], ['GET', '/api/nothing', 404]] as const) {
      const answer = await app.inject({ method, url, headers: { origin: 'https://plm.example' } })
      t.equal(answer.statusCode, status)
      t.match(answer.headers, headers(told))
    }
  }
})

t.test('other pages are turned away and told nothing', async t => {
  const { app } = await accessStage(t)
  for (const method of ['OPTIONS', 'POST'] as const) {
    const answer = await app.inject({ method, url: '/api/spawn', headers: { origin: 'https://plm.example' } })
    t.equal(answer.statusCode, 403)
    t.match(answer.headers, headers(undefined))
    t.match(answer.json(), { result: 'error', reason: /SLIPWAY_CORS_ORIGIN/, code: 'FOREIGN_ORIGIN' })
  }
})

t.test('where it is open any page may ask under any name', async t => {
  const { app } = await accessStage(t, { open: true })
  t.equal((await app.inject({ method: 'POST', url: '/api/spawn', headers: { host: 'other.example', origin: 'https://evil.example' } })).statusCode, 200)
})
