import t, { type Test } from 'tap'
import errors from '../../plugins/errors.ts'
import { loggingApp } from '../fixtures/app-stage.ts'

async function errorStage (t: Test) {
  const { app, log } = loggingApp(t)
  await app.register(errors)
  const thrown: { it: unknown } = { it: undefined }
  app.post('/throws', async () => { throw thrown.it })
  const fail = async (it: unknown) => {
    thrown.it = it
    return await app.inject({ method: 'POST', url: '/throws' })
  }
  return { app, log, fail }
}

t.test('what is not there', async t => {
  const { app } = await errorStage(t)
  for (const [method, url] of [['GET', '/nothing?secret=1'], ['GET', '/throws'], ['PUT', '/'], ['POST', '/api/nothing']] as const) {
    const answer = await app.inject({ method, url })
    t.equal(answer.statusCode, 404)
    t.match(answer.headers['content-type'], /^application\/json/)
    t.same(answer.json(), { result: 'error', reason: 'Not Found', statusCode: 404, code: 'NOT_FOUND', error: 'Not Found', message: `There is no ${method} ${url.split('?')[0]}` })
  }
})

t.test('what the caller did wrong is told', async t => {
  const { app, log, fail } = await errorStage(t)
  const answer = await fail(Object.assign(new Error('the model has no name'), { statusCode: 422, code: 'NAMELESS' }))
  t.equal(answer.statusCode, 422)
  t.same(answer.json(), { result: 'error', reason: 'the model has no name', statusCode: 422, code: 'NAMELESS', error: 'Error', message: 'the model has no name' })
  const broken = await app.inject({ method: 'POST', url: '/throws', payload: '{', headers: { 'content-type': 'application/json' } })
  t.equal(broken.statusCode, 400)
  t.match(broken.json(), { statusCode: 400, message: /JSON/ })
  t.same(log.filter(line => line.level >= 40), [])
})

t.test('what went wrong inside is logged and not told', async t => {
  const { log, fail } = await errorStage(t)
  for (const error of [
    new Error('the password is tulip'),
    Object.assign(new Error('the password is tulip'), { statusCode: 503, code: 'BROKEN' }),
    'the password is tulip',
    Object.assign(new TypeError('the password is tulip'), { statusCode: 'often' })
  ]) {
    const answer = await fail(error)
    t.ok(answer.statusCode >= 500)
    t.match(answer.json(), { statusCode: answer.statusCode, code: String, error: String, message: 'Something went wrong here; the log says what.' })
    t.notMatch(answer.body, /tulip/)
  }
  t.equal(log.filter(line => line.level === 50 && line.msg === 'request failed').length, 4)
})

t.test('a path that cannot be decoded is the caller’s mistake', async t => {
  const { app } = await errorStage(t)
  app.get('/read/:name', async () => 'read')
  for (const url of ['/read/%', '/read/%zz', '/%c0%ae', '/read/%ff']) {
    const answer = await app.inject(url)
    t.ok(answer.statusCode === 400 || answer.statusCode === 404, `${url}: ${answer.statusCode}`)
    t.match(answer.json(), { statusCode: answer.statusCode, message: String })
  }
})
