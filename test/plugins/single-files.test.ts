import t, { type Test } from 'tap'
import access from '../../plugins/access.ts'
import singleFiles from '../../plugins/single-files.ts'
import spawnLimit from '../../plugins/spawn-limit.ts'
import { appStage } from '../fixtures/app-stage.ts'

const pack = '0123456789abcdef0123456789abcdef01234567'

/** Programs say `line` and end. */
async function singleStage (t: Test, line: object, code = 0) {
  const stage = await appStage(t, { autoReady: false })
  const { app, launcher, clock } = stage
  const packs = t.testdir({ [pack]: { 'single-1.glb': 'glTF of a pump' } })
  launcher.answer = ({ id }) => {
    setImmediate(() => { launcher.exit(id, { code, outputTail: JSON.stringify(line) }) })
    return { status: 'started', pid: 7 }
  }
  await app.register(access, { host: '127.0.0.1', publicHost: '', internalHost: '', secure: false, corsOrigin: '', open: false })
  await app.register(spawnLimit, { perMinute: 5 })
  await app.register(singleFiles, { program: { executable: '/node', leading: [], trailing: [], env: {} }, packs, fileName: 'single-1.glb', launcher, clock })
  return { ...stage, get: async (headers: Record<string, string> = {}, model = 'pump') => await app.inject({ url: `/api/single-file?model=${model}`, headers }) }
}

t.test('a file that is made is sent once, and known again by its tag', async t => {
  const { get, launcher } = await singleStage(t, { made: pack, bytes: 14 })
  const answer = await get()
  t.equal(answer.statusCode, 200)
  t.equal(answer.body, 'glTF of a pump')
  t.match(answer.headers, { 'content-type': 'model/gltf-binary', 'content-length': '14', 'cache-control': 'no-cache', etag: `"${pack}-single-1.glb"` })
  const again = await get({ 'if-none-match': String(answer.headers.etag) })
  t.equal(again.statusCode, 304)
  t.equal(again.body, '')
  t.equal(launcher.orders.length, 2, 'it was looked whether the model is still the same')
})

t.test('every other end has its status and its words', async t => {
  const cases: Array<[object, number, number, RegExp]> = [
    [{ refused: 'unknown_model', message: 'There is no model "pump".' }, 1, 404, /no model/],
    [{ refused: 'bad_model', message: 'The model file is empty.' }, 1, 422, /empty/],
    [{}, 3, 500, /could not be made/],
    [{ made: pack.replace('0', 'f'), bytes: 1 }, 0, 500, /SLIPWAY_MODEL_CACHE_BYTES/]
  ]
  for (const [line, code, status, words] of cases) {
    const { get } = await singleStage(t, line, code)
    const answer = await get()
    t.equal(answer.statusCode, status)
    t.match(answer.json(), { result: 'error', reason: words })
  }
})

t.test('while it is made it says how far it is', async t => {
  const { app, launcher, clock, get } = await singleStage(t, {})
  launcher.answer = ({ id }) => {
    setImmediate(() => {
      launcher.emit('output', { id, stream: 'stdout', lines: ['{"percent":40,"step":"Preparing Gear"}'], leftOut: 0 })
      void clock.advance(2_000)
    })
    return { status: 'started', pid: 7 }
  }
  const answer = await get()
  t.equal(answer.statusCode, 202)
  t.same(answer.json(), { percent: 40, step: 'Preparing Gear' })
  await app.close()
})

t.test('it is asked for by our own pages, with a model, and not too often', async t => {
  const { get } = await singleStage(t, { made: pack, bytes: 14 })
  t.equal((await get({ 'sec-fetch-site': 'cross-site' })).statusCode, 403)
  t.equal((await get({}, '')).statusCode, 400)
  const codes = []
  for (let i = 0; i < 6; i++) codes.push((await get()).statusCode)
  t.same(codes, [200, 200, 200, 200, 200, 429])
})

t.test('while the service runs empty none is begun', async t => {
  const { app, launcher, get } = await singleStage(t, { made: pack, bytes: 14 })
  app.spawner.drain()
  const answer = await get()
  t.equal(answer.statusCode, 503)
  t.match(answer.json(), { code: 'DRAINING', reason: 'Server is shutting down' })
  t.equal(answer.headers['retry-after'], '30')
  t.equal(launcher.orders.length, 0)
})
