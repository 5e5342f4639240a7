import t, { type Test } from 'tap'
import spawnLimit from '../../plugins/spawn-limit.ts'
import { loggingApp } from '../fixtures/app-stage.ts'

async function limitStage (t: Test, perMinute: number) {
  const { app } = loggingApp(t)
  await app.register(spawnLimit, { perMinute })
  app.get('/other', async () => 'other')
  await app.ready()
  return app
}

t.test('so many requests of one address are allowed, the next are told when to come again', async t => {
  const app = await limitStage(t, 3)
  for (let count = 0; count < 3; count++) t.same(await app.spawnLimit('192.0.2.1'), { allowed: true })
  for (let count = 0; count < 3; count++) {
    const answer = await app.spawnLimit('192.0.2.1')
    if (answer.allowed) return t.fail('one too many')
    t.ok(Number.isInteger(answer.retryAfter) && answer.retryAfter >= 1 && answer.retryAfter <= 60, `${answer.retryAfter} s`)
  }
})

t.test('each address has a count of its own', async t => {
  const app = await limitStage(t, 1)
  for (const address of ['192.0.2.1', '192.0.2.2', '::1', '2001:db8::1', '']) {
    t.same(await app.spawnLimit(address), { allowed: true }, address)
    t.match(await app.spawnLimit(address), { allowed: false }, address)
  }
})

t.test('one request a minute is a limit', async t => {
  const app = await limitStage(t, 1)
  t.match(await app.spawnLimit('192.0.2.1'), { allowed: true })
  t.match(await app.spawnLimit('192.0.2.1'), { allowed: false })
})

t.test('0 is no limit', async t => {
  const app = await limitStage(t, 0)
  for (let count = 0; count < 500; count++) if (!(await app.spawnLimit('192.0.2.1')).allowed) return t.fail(`refused after ${count}`)
  t.pass('500 requests')
})

t.test('other requests are not counted', async t => {
  const app = await limitStage(t, 1)
  for (let count = 0; count < 5; count++) {
    const answer = await app.inject('/other')
    t.equal(answer.statusCode, 200)
    t.equal(answer.headers['x-ratelimit-limit'], undefined)
  }
  t.same(await app.spawnLimit('127.0.0.1'), { allowed: true })
})
