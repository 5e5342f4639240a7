import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import access from '../../plugins/access.ts'
import models from '../../plugins/models.ts'
import spawnLimit from '../../plugins/spawn-limit.ts'
import uploads from '../../plugins/uploads.ts'
import { appStage } from '../fixtures/app-stage.ts'
import { comesTrue } from '../fixtures/slipway.ts'

async function uploadStage (t: Test, { perMinute = 0, corsOrigin = '' } = {}) {
  const stage = await appStage(t)
  const { app, dir, clock } = stage
  await app.register(access, { host: '127.0.0.1', publicHost: '', internalHost: '', secure: false, corsOrigin, open: false })
  await app.register(spawnLimit, { perMinute: 0 })
  await app.register(models, { modelDirs: [`${dir}/models`], uploadBytes: 200_000, singleFile: false, clock })
  await app.register(uploads, { folder: `${dir}/models`, limits: { fileBytes: 200_000, totalBytes: 1_000_000, files: 10 }, perMinute, clock })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const send = async (file: string, body: string | Buffer, headers: Record<string, string> = {}) =>
    await fetch(`http://127.0.0.1:${port}/api/models?file=${encodeURIComponent(file)}`, { method: 'POST', body, headers })
  return { ...stage, port, send, left: async () => (await readdir(`${dir}/models`)).sort() }
}

t.test('a file that was sent is in the list at once', async t => {
  const { app, send, left } = await uploadStage(t)
  t.match((await app.inject('/api/models')).json(), { upload: { bytes: 200_000, endings: ['.sc', '.scz'] } })
  const answer = await send('big engine.SCZ', 'x'.repeat(150_000))
  t.equal(answer.status, 201, 'more than other requests may carry')
  t.same(await answer.json(), { result: 'ok', name: 'big engine', bytes: 150_000 })
  t.same(await left(), ['big engine.scz'])
  t.match((await app.inject('/api/models')).json(), { models: [{ name: 'big engine' }] })
})

t.test('every refusal has its status and its words', async t => {
  const { send, left } = await uploadStage(t)
  await send('engine.scz', 'x')
  const cases: Array<[string, string, Record<string, string>, number, RegExp]> = [
    ['a.scz', 'x'.repeat(200_001), {}, 413, /too large: 200000 bytes/],
    ['a.exe', 'x', {}, 415, /“\.exe”/],
    ['engine.scz', 'x', {}, 409, /already/],
    ['..', 'x', {}, 400, /rename/],
    ['a.scz', '', {}, 400, /empty/],
    ['a.scz', 'x', { 'content-encoding': 'gzip' }, 415, /not compressed/],
    ['a.scz', 'x', { origin: 'https://evil.example' }, 403, /may not ask here/],
    ['', 'x', {}, 400, /file/]
  ]
  for (const [file, body, headers, status, words] of cases) {
    const answer = await send(file, body, headers)
    t.equal(answer.status, status, `${file} ${status}`)
    t.match(await answer.json(), { result: 'error', reason: words })
  }
  t.same(await left(), ['engine.scz'])
})

t.test('a body without a length is cut at the limit with 413', async t => {
  const { port, left } = await uploadStage(t)
  const sending = request({ port, host: '127.0.0.1', method: 'POST', path: '/api/models?file=a.scz' })
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>
  for (let i = 0; i < 30; i++) sending.write('x'.repeat(10_000))
  sending.end()
  const [answer] = await answered
  t.equal(answer.statusCode, 413)
  answer.resume()
  await comesTrue('nothing is left', async () => (await left()).length === 0)
})

t.test('an upload that is broken off leaves nothing behind', async t => {
  const { port, left, log } = await uploadStage(t)
  const sending = request({ port, host: '127.0.0.1', method: 'POST', path: '/api/models?file=a.scz', headers: { 'content-length': 100_000 } })
  sending.on('error', () => {})
  sending.write('x'.repeat(1_000))
  await comesTrue('it is being written', async () => (await left()).length === 1)
  sending.destroy()
  await comesTrue('nothing is left', async () => (await left()).length === 0)
  await comesTrue('the log says so', () => log.some(line => /given up/.test(line.msg)))
})

t.test('an address may send so many files in a minute', async t => {
  const { send } = await uploadStage(t, { perMinute: 2 })
  t.equal((await send('a.scz', 'x')).status, 201)
  t.equal((await send('b.scz', 'x')).status, 201)
  const answer = await send('c.scz', 'x')
  t.equal(answer.status, 429)
  t.ok(Number(answer.headers.get('retry-after')) > 0)
})

t.test('pages of the allowed origin may send, and no service without a folder takes any', async t => {
  const { send } = await uploadStage(t, { corsOrigin: 'https://cad.example' })
  const answer = await send('a.scz', 'x', { origin: 'https://cad.example' })
  t.equal(answer.status, 201)
  t.equal(answer.headers.get('access-control-allow-origin'), 'https://cad.example')
  const { app, dir, clock } = await appStage(t)
  await app.register(models, { modelDirs: [`${dir}/models`], uploadBytes: null, singleFile: false, clock })
  t.equal((await app.inject({ method: 'POST', url: '/api/models?file=a.scz', payload: 'x' })).statusCode, 404)
  t.notOk('upload' in (await app.inject('/api/models')).json<object>())
})
