import t, { type Test } from 'tap'
import restHandshake from '../../plugins/rest-handshake.ts'
import spawnLimit from '../../plugins/spawn-limit.ts'
import { appStage } from '../fixtures/app-stage.ts'

async function bodyStage (t: Test) {
  const { app, dir, launcher, clock } = await appStage(t)
  await app.register(spawnLimit, { perMinute: 0 })
  await app.register(restHandshake, { modelDirs: [`${dir}/models`], clock })
  await app.ready()
  const ask = async (payload: string, type = 'application/json') => {
    const answer = await app.inject({ method: 'POST', url: '/api/spawn', payload, headers: { 'content-type': type } })
    return { status: answer.statusCode, body: answer.json() as { result?: string, reason: string } }
  }
  const nothingStarted = (t: Test) => {
    t.same(app.spawner.sessions(), [], 'no session')
    t.equal(app.portPool.counts().leased, 0, 'no port')
    t.same(launcher.orders, [], 'no process')
  }
  return { ask, nothingStarted }
}

const values = { 'a number': 7, 'a boolean': true, null: null, 'a string': 'x', 'an array': ['x'], 'an object': { x: 'x' }, 'an empty string': '', 'an array of numbers': [1], 'an array with an empty string': [''] }
type Value = keyof typeof values

const wrong: Record<string, { put: (value: unknown) => object, kinds: Value[] }> = {
  'params.model': { put: model => ({ params: { model } }), kinds: ['a number', 'a boolean', 'an array', 'an object'] },
  'params.sessionToken': { put: sessionToken => ({ params: { sessionToken } }), kinds: ['a number', 'a boolean', 'an array', 'an object'] },
  'params.modelSearchDirectories': { put: modelSearchDirectories => ({ params: { modelSearchDirectories } }), kinds: ['a number', 'a boolean', 'a string', 'an object', 'an array of numbers', 'an array with an empty string'] }
}

for (const [field, { put, kinds }] of Object.entries(wrong)) {
  t.test(`${field} of the wrong kind is refused by name, and nothing is started`, async t => {
    const { ask, nothingStarted } = await bodyStage(t)
    for (const kind of kinds) {
      const { status, body } = await ask(JSON.stringify(put(values[kind])))
      t.equal(status, 400, kind)
      t.equal(body.result, 'error')
      t.ok(body.reason.startsWith(field), `${kind}: ${body.reason}`)
    }
    nothingStarted(t)
  })
}

t.test('what is null or empty is absent, and a class or parameters of another kind say nothing, as officially', async t => {
  const { ask } = await bodyStage(t)
  for (const body of [{ params: { model: null, sessionToken: '' } }, { class: { x: 1 }, params: 7 }, [], [{ class: 'ssr_session' }]]) {
    t.match(await ask(JSON.stringify(body)), { status: 200, body: { result: 'ok' } }, JSON.stringify(body))
  }
})

t.test('all wrong fields are told at once', async t => {
  const { ask, nothingStarted } = await bodyStage(t)
  const { status, body } = await ask(JSON.stringify({ params: { model: 2, sessionToken: [], modelSearchDirectories: 'x' } }))
  t.equal(status, 400)
  for (const field of ['params.model', 'params.sessionToken', 'params.modelSearchDirectories']) t.match(body.reason, `${field}: `)
  nothingStarted(t)
})

t.test('a form with fields of the wrong kind is refused as well', async t => {
  const { ask, nothingStarted } = await bodyStage(t)
  for (const [form, field] of [['params[model][]=x', 'params.model'], ['params[modelSearchDirectories]=/etc', 'params.modelSearchDirectories']] as const) {
    const { status, body } = await ask(form, 'application/x-www-form-urlencoded')
    t.equal(status, 400, form)
    t.match(body.reason, field)
  }
  nothingStarted(t)
})

t.test('a list in a form is as long as one in JSON may be', async t => {
  const { ask, nothingStarted } = await bodyStage(t)
  for (const index of [() => '', String]) {
    const form = (count: number) => Array.from({ length: count }, (_, at) => `params[modelSearchDirectories][${index(at)}]=/nowhere/${at}`).join('&')
    const read = await ask(form(64), 'application/x-www-form-urlencoded')
    t.match(read, { status: 400, body: { reason: /is not a folder inside/ } }, 'it is read; only the folders are not there')
    t.match(await ask(form(65), 'application/x-www-form-urlencoded'), { status: 400, body: { reason: /^params\.modelSearchDirectories: / } })
  }
  nothingStarted(t)
})

t.test('a model is a bare name', async t => {
  const { ask, nothingStarted } = await bodyStage(t)
  for (const model of ['a/b', '/etc/passwd', '../up', '..', '.', 'a\\b', 'a\0b', 'line\nbreak', '\x7f', '-flag', '--model-file', '\x1b[31m']) {
    const { status, body } = await ask(JSON.stringify({ params: { model } }))
    t.equal(status, 400, JSON.stringify(model))
    t.match(body.reason, /^params/)
  }
  nothingStarted(t)
})

t.test('a session token is one line of text', async t => {
  const { ask, nothingStarted } = await bodyStage(t)
  for (const sessionToken of ['a\0b', 'line\nbreak', 'x'.repeat(4097)]) {
    const { status, body } = await ask(JSON.stringify({ params: { sessionToken } }))
    t.equal(status, 400, JSON.stringify(sessionToken).slice(0, 20))
    t.match(body.reason, /^params/)
    t.notMatch(body.reason, sessionToken, 'it is not repeated')
  }
  nothingStarted(t)
})

t.test('a body that is no JSON, or bare text or a number in it, is refused', async t => {
  const { ask, nothingStarted } = await bodyStage(t)
  for (const body of ['{', '{"class":}', 'class=ssr', '7', '"ssr_session"', 'true', 'null', '\ufeff{', '{"a":1}}']) {
    const answer = await ask(body)
    t.equal(answer.status, 400, body)
    t.match(answer.body, { result: 'error', reason: /./ })
  }
  nothingStarted(t)
})

t.test('a body of more than 102,400 bytes is refused', async t => {
  const { ask, nothingStarted } = await bodyStage(t)
  const sized = (bytes: number) => JSON.stringify({ params: { model: 7 }, pad: 'x'.repeat(bytes - '{"params":{"model":7},"pad":""}'.length) })
  t.equal((await ask(sized(102_400))).status, 400, 'just small enough to be read')
  const { status, body } = await ask(sized(102_401))
  t.equal(status, 413)
  t.match(body, { result: 'error', reason: /large/ })
  t.equal((await ask('class=' + 'x'.repeat(102_400), 'application/x-www-form-urlencoded')).status, 413)
  nothingStarted(t)
})

t.test('a body that means to poison objects does nothing', async t => {
  const { ask } = await bodyStage(t)
  t.equal((await ask('{"__proto__":{"class":"ssr_session"},"constructor":{"prototype":{"polluted":1}}}')).status, 200)
  t.equal((await ask('__proto__[polluted]=1&constructor[prototype][polluted]=1', 'application/x-www-form-urlencoded')).status, 200)
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
})
