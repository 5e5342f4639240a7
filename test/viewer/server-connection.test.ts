import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { FakeClock } from '../fixtures/fake-clock.ts'
import { ServerConnection, type Waiting } from '../../src/viewer/server-connection.ts'
import { waitingWords } from '../../src/viewer/waiting-words.ts'

interface Answer { status: number, body: string, headers?: Record<string, string> }

/** A service that gives every request the same answer; tells what it was asked. */
async function service (test: Test, { status, body, headers }: Answer): Promise<{ endpoint: string, asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => { text += part }).on('end', () => {
      asked.push(`${request.method} ${request.url} ${request.headers['content-type']} ${text}`)
      response.writeHead(status, headers).end(body)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  test.teardown(() => new Promise(resolve => { server.close(resolve); server.closeAllConnections() }))
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const clock = new FakeClock()
t.teardown(() => { if (clock.pending > 0) throw new Error('a timer is left') })

const wish = { class: 'csr_session', params: { model: 'bench' } } as const

t.test('a viewer asks for a stream server and is told where it is', async t => {
  const body = JSON.stringify({ result: 'ok', serviceId: 'abc', endpoints: { ws: 'ws://127.0.0.1:11000' } })
  const { endpoint, asked } = await service(t, { status: 200, body })
  t.strictSame(await new ServerConnection(`${endpoint}/`, clock).connect(wish), { endpointUri: 'ws://127.0.0.1:11000', serviceId: 'abc' })
  t.strictSame(asked, ['POST /api/spawn application/json {"class":"csr_session","params":{"model":"bench"}}'])
})

const refusals: Array<[string, Answer, string]> = [
  ['all seats are taken', { status: 503, headers: { 'retry-after': '5' }, body: '{"status":"failed","reason":"All 32 seats are taken"}' }, 'All 32 seats are taken, try again in 5 s.'],
  ['the official words for a full server', { status: 503, body: '{"status":"failed","reason":"No ports available"}' }, 'All seats are taken.'],
  ['too many requests', { status: 429, headers: { 'retry-after': '3' }, body: '{"status":"failed","reason":"Too many viewing requests; try again in 3 s"}' }, 'Too many viewing requests; try again in 3 s.'],
  ['a model that is isolated', { status: 422, headers: { 'retry-after': '300' }, body: '{"status":"failed","code":"model_isolated","reason":"This model keeps crashing its stream server"}' }, 'This model keeps crashing and is locked for now, try again in 5 min.'],
  ['a model that somebody tries', { status: 422, headers: { 'retry-after': '30' }, body: '{"reason":"This model kept crashing; somebody is trying it now"}' }, 'This model kept crashing, and somebody is trying it now, try again in 30 s.'],
  ['a date to try again', { status: 503, headers: { 'retry-after': 'Sat, 21 Nov 2026 03:00:00 GMT' }, body: '' }, 'The service has no room for another viewer, try again later.'],
  ['a stream server that did not start', { status: 500, body: '{"status":"failed","reason":"spawn ENOENT"}' }, 'Spawn ENOENT.'],
  ['the other error shape', { status: 400, body: '{"result":"error","reason":"model: must be a name."}' }, 'Model: must be a name.'],
  ['a renderer that is switched off', { status: 403, body: '{"status":"failed","reason":"Invalid rendering location"}' }, 'This kind of rendering is switched off on the server.'],
  ['success without a session', { status: 200, body: '{"status":"ok"}' }, 'The service answered, but gave no stream server.'],
  ['success that is no JSON', { status: 200, body: '<html>' }, 'The service answered, but gave no stream server.'],
  ['an endpoint without a success', { status: 201, body: '{"result":"ok","serviceId":"abc","endpoints":{"ws":"ws://x"}}' }, 'The service refused with HTTP status 201 and no reason.']
]

for (const [name, answer, words] of refusals) {
  t.test(`a refusal is said in words: ${name}`, async t => {
    const { endpoint } = await service(t, answer)
    await t.rejects(new ServerConnection(endpoint, clock).connect(wish), { message: words })
  })
}

t.test('a service that is not there is said in words', async t => {
  await t.rejects(new ServerConnection('http://127.0.0.1:1', clock).connect(wish), { message: 'The service cannot be reached. Is it running?' })
})

t.test('a viewer that is closed while it waits gives up asking', async t => {
  const server = createServer(() => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise(resolve => { server.close(resolve); server.closeAllConnections() }))
  const closed = new AbortController()
  const waiting = new ServerConnection(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, clock).connect(wish, { signal: closed.signal })
  server.once('request', () => { closed.abort() })
  await t.rejects(waiting, { message: 'The request was given up.' })
})

/** A story in pieces that no event ends with. */
const story = (...events: Array<[string, object]>) => ({ status: 200, headers: { 'content-type': 'text/event-stream' }, body: events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join('') })
const given = { result: 'ok', serviceId: 'abc', endpoints: { ws: 'ws://127.0.0.1:11000' } }

t.test('whoever waits in line hears the place, and gets a stream server in the end', async t => {
  const { endpoint } = await service(t, story(['waiting', { place: 2, seconds: 40 }], ['waiting', { place: 1, seconds: null }], ['state', { id: 'abc', state: 'starting' }], ['ready', given]))
  const heard: Waiting[] = []
  t.same(await new ServerConnection(endpoint, clock).connect(wish, { waiting: waiting => { heard.push(waiting) } }), { endpointUri: 'ws://127.0.0.1:11000', serviceId: 'abc' })
  t.same(heard, [{ place: 2, seconds: 40 }, { place: 1, seconds: null }])
  t.same(heard.map(waitingWords), ['The service has no room just now: you are number 2 in line, for about 40 s.', 'The service has no room just now: you are next in line.'])
})

t.test('a refusal at the end of the wait is said in the same words', async t => {
  const { endpoint } = await service(t, story(['waiting', { place: 1, seconds: 40 }], ['refused', { httpStatus: 503, reason: 'All 2 seats are taken', retryAfter: 40 }]))
  await t.rejects(new ServerConnection(endpoint, clock).connect(wish), { message: 'All 2 seats are taken, try again in 40 s.' })
})

t.test('a service that breaks off while somebody waits is said in words', async t => {
  const { endpoint } = await service(t, story(['waiting', { place: 1, seconds: 40 }]))
  await t.rejects(new ServerConnection(endpoint, clock).connect(wish), { message: 'The service cannot be reached. Is it running?' })
})

t.test('a minute without a word is too long, and every word begins another', async t => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('event: waiting\ndata: {"place":1,"seconds":null}\n\n')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise(resolve => { server.close(resolve); server.closeAllConnections() }))
  const clock = new FakeClock()
  let asking: Promise<unknown> = Promise.resolve()
  const told = new Promise<void>(resolve => {
    asking = new ServerConnection(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, clock).connect(wish, { waiting: () => { resolve() } })
  })
  const failed = t.rejects(asking, { message: 'No stream server was ready within 60 seconds.' })
  await clock.advance(59_000)
  await told
  await clock.advance(59_000)
  t.equal(clock.pending, 1, 'the first minute is forgotten')
  await clock.advance(1_000)
  await failed
})
