import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { basename } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import restHandshake, { type RestHandshakeOptions } from '../../plugins/rest-handshake.ts'
import spawnLimit from '../../plugins/spawn-limit.ts'
import { appStage, opened, reached, type AppStageOptions } from '../fixtures/app-stage.ts'
import { comesTrue } from '../fixtures/slipway.ts'

async function handshakeStage (t: Test, { perMinute = 0, ...options }: AppStageOptions & Partial<RestHandshakeOptions> & { perMinute?: number } = {}) {
  const stage = await appStage(t, options)
  const { app, dir, clock } = stage
  await app.register(spawnLimit, { perMinute })
  await app.register(restHandshake, { modelDirs: [`${dir}/models`], clock, ...options })
  await app.ready()
  const ask = (payload?: string | object, more: object = {}) => app.inject({ method: 'POST', url: '/api/spawn', ...payload === undefined ? {} : { payload }, ...more })
  return { ...stage, ask }
}

t.test('the answer to a request that was fulfilled, whole', async t => {
  for (const url of ['/api/spawn', '/service']) {
    const { app, ask } = await handshakeStage(t)
    const answer = await ask({}, { url, headers: { host: 'cad.example:11182' } })
    t.equal(answer.statusCode, 200)
    t.match(answer.headers['content-type'], /^application\/json/)
    const [session] = app.spawner.sessions()
    t.same(answer.json(), {
      result: 'ok',
      serviceId: session?.id,
      endpoints: { ws: `ws://cad.example:${session?.port}` },
      streamServer: 'ts3d_sc_server',
      proxyPath: `/wsproxy/${session?.port}`
    })
    t.match(session, { state: 'ready', via: 'rest', renderer: 'csr', model: null })
    t.match(session?.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  }
})

for (const [name, payload, type] of [
  ['JSON', '{"class":"ssr_session","params":{"model":"engine","sessionToken":"s3cret"},"extra":1}', 'application/json'],
  ['JSON with a charset', '{"class":"ssr_session","params":{"model":"engine","sessionToken":"s3cret"}}', 'application/json; charset=utf-8'],
  ['a form with brackets', 'class=ssr_session&params[model]=engine&params[sessionToken]=s3cret&other[deep][er]=1', 'application/x-www-form-urlencoded'],
  ['a form with encoded brackets', 'class=ssr_session&params%5Bmodel%5D=engine&params%5BsessionToken%5D=s3cret', 'application/x-www-form-urlencoded']
] as const) {
  t.test(`a request may come as ${name}`, async t => {
    const { launcher, ask } = await handshakeStage(t)
    t.equal((await ask(payload, { headers: { 'content-type': type } })).statusCode, 200)
    const args = launcher.orders[0]?.args.join(' ') ?? ''
    t.match(args, /--session-token s3cret --model-file engine --ssr true/)
  })
}

for (const [name, payload, type] of [
  ['no body', undefined, undefined],
  ['no body and a content type', undefined, 'application/json'],
  ['an empty body of JSON', '', 'application/json'],
  ['an empty form', '', 'application/x-www-form-urlencoded'],
  ['plain text', 'hello', 'text/plain'],
  ['something binary', '\0\x01\x02', 'application/octet-stream'],
  ['an empty object', '{}', 'application/json']
] as const) {
  t.test(`${name} asks for client-side rendering without a model`, async t => {
    const { app, launcher, ask } = await handshakeStage(t)
    t.equal((await ask(payload, type === undefined ? {} : { headers: { 'content-type': type } })).statusCode, 200)
    t.match(app.spawner.sessions(), [{ renderer: 'csr', model: null }])
    t.match(launcher.orders[0]?.args.join(' '), /--csr true/)
    t.notMatch(launcher.orders[0]?.args.join(' '), /--model-file|--session-token|--ssr/)
  })
}

t.test('a class nobody knows is client-side rendering', async t => {
  const { app, ask } = await handshakeStage(t)
  for (const kind of ['csr_session', 'SSR_SESSION', '', 'constructor']) t.equal((await ask({ class: kind })).statusCode, 200, kind)
  t.same(new Set(app.spawner.sessions().map(session => session.renderer)), new Set(['csr']))
})

t.test('what the official client still sends is tolerated', async t => {
  const { ask } = await handshakeStage(t)
  const body = { class: 'csr_session', params: { readyEndpoint: 'http://x/', statusEndpoint: 'http://x/', disconnectEndpoint: 'http://x/', statusUpdateFrequency: '5' } }
  t.equal((await ask(body)).statusCode, 200)
})

t.test('the host told to viewers', async t => {
  for (const [name, publicHost, host, expected] of [
    ['is the one the caller used', '', 'cad.example:11182', 'cad.example'],
    ['is the one the caller used, without port', '', 'cad.example', 'cad.example'],
    ['may be an IPv6 address', '', '[::1]:11182', '[::1]'],
    ['is the public one where it is set', 'public.example', 'cad.example:11182', 'public.example'],
    ['may be a public IPv6 address', '2001:db8::1', 'cad.example', '[2001:db8::1]'],
    ['may be a public IPv6 address in brackets', '[2001:db8::1]', 'cad.example', '[2001:db8::1]']
  ] as const) {
    await t.test(name, async t => {
      const { ask } = await handshakeStage(t, { front: { publicHost } })
      const answer = await ask({}, { headers: { host } })
      t.match((answer.json() as { endpoints: { ws: string } }).endpoints.ws.replace(/\d+$/, ''), `ws://${expected}:`)
    })
  }
})

t.test('a caller who names no host is told this machine', async t => {
  const { app } = await handshakeStage(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const caller = connect(port, '127.0.0.1')
  caller.write('POST /api/spawn HTTP/1.0\r\n\r\n')
  t.match(await text(caller), /"ws:\/\/127\.0\.0\.1:\d+"/)
})

t.test('folders to search', async t => {
  const outside = t.testdir({
    outside: { 'secret.sc': '' },
    'roots-beside': {},
    roots: { inside: { deeper: {} }, '..odd': {}, away: t.fixture('symlink', '../outside'), round: t.fixture('symlink', './inside'), 'a;b': {}, plain: t.fixture('symlink', './a;b'), 'file.sc': 'no folder' }
  })
  const models = `${outside}/roots`
  const askStage = async (t: Test) => {
    const { launcher, dir, ask } = await handshakeStage(t, { modelDirs: [models] })
    const asked = (modelSearchDirectories: string[]) => ask({ params: { modelSearchDirectories } })
    const searched = () => {
      const { args = [] } = launcher.orders[0] ?? {}
      return args[args.indexOf('--model-search-directories') + 1]?.replaceAll(models, '~').replace(dir, '')
    }
    return { launcher, asked, searched }
  }

  await t.test('inside the configured ones come first on the command line, in the caller’s order', async t => {
    const { asked, searched } = await askStage(t)
    t.equal((await asked([`${models}/inside/deeper`, `${models}/inside`, models])).statusCode, 200)
    t.equal(searched(), '~/inside/deeper;~/inside;~;/models')
  })

  await t.test('may be symbolic links that stay inside, and have odd names', async t => {
    const { asked, searched } = await askStage(t)
    t.equal((await asked([`${models}/round`, `${models}/..odd`])).statusCode, 200)
    t.equal(searched(), '~/inside;~/..odd;/models')
  })

  await t.test('are refused', async t => {
    const { launcher, asked } = await askStage(t)
    for (const [name, folder] of [
      ['outside', `${outside}/outside`],
      ['the root of everything', '/'],
      ['above, by dots', `${models}/../outside`],
      ['beside, with the same beginning', `${models}-beside`],
      ['away through a symbolic link', `${models}/away`],
      ['that do not exist', `${models}/nothing`],
      ['joined by a semicolon', `${models}/inside;/etc`],
      ['with a semicolon', `${models}/a;b`],
      ['with a semicolon behind a symbolic link', `${models}/plain`],
      ['relative and elsewhere', '.'],
      ['with a NUL', `${models}/inside\0`],
      ['that are files', `${models}/file.sc`]
    ] as const) {
      const answer = await asked([models, folder])
      t.equal(answer.statusCode, 400, name)
      t.match(answer.json(), { result: 'error', reason: /^params\.modelSearchDirectories\.1: .* is not a folder inside a configured model folder$/ })
    }
    t.same(launcher.orders, [])
  })
})

t.test('refusals of the spawner', async t => {
  await t.test('a renderer that is switched off', async t => {
    const { ask } = await handshakeStage(t, { renderers: ['csr'] })
    const answer = await ask({ class: 'ssr_session' })
    t.equal(answer.statusCode, 403)
    t.same(answer.json(), { status: 'failed', reason: 'Invalid rendering location', code: 'renderer_disabled' })
  })

  await t.test('no seat left', async t => {
    const { app, ask } = await handshakeStage(t, { max: 1 })
    await opened(app)
    const answer = await ask({})
    t.equal(answer.statusCode, 503)
    t.equal(answer.headers['retry-after'], '5')
    t.same(answer.json(), { status: 'failed', reason: 'No ports available', code: 'full', retryAfter: 5 })
  })

  await t.test('shutting down', async t => {
    const { app, ask } = await handshakeStage(t)
    app.spawner.drain()
    const answer = await ask({})
    t.equal(answer.statusCode, 503)
    t.equal(answer.headers['retry-after'], '30')
    t.same(answer.json(), { status: 'failed', reason: 'Server is shutting down', code: 'draining', retryAfter: 30 })
  })

  await t.test('a crash before it was ready, in the official words', async t => {
    const { app, launcher, ask } = await handshakeStage(t, { autoReady: false })
    launcher.answer = ({ id }) => {
      queueMicrotask(() => { launcher.exit(id, { code: 3, outputTail: 'boom' }) })
      return { status: 'started', pid: 1000 }
    }
    const answer = await ask({})
    const [session] = app.spawner.sessions()
    t.equal(answer.statusCode, 500)
    t.same(answer.json(), { status: 'failed', reason: `${basename(process.execPath)} failed: reason='internal error', exit-code=3, id=${session?.id}`, code: 'crashed' })
    t.equal(app.portPool.counts().leased, 0)
  })

  await t.test('a program that is not there', async t => {
    const { app, launcher, ask } = await handshakeStage(t)
    launcher.answer = () => ({ status: 'failed', code: 'ENOENT', message: 'spawn /sc ENOENT' })
    const answer = await ask({})
    t.equal(answer.statusCode, 500)
    t.same(answer.json(), { status: 'failed', reason: 'spawn /sc ENOENT', code: 'refused' })
    t.equal(app.portPool.counts().leased, 0)
  })

  await t.test('never ready', async t => {
    const { app, clock, ask } = await handshakeStage(t, { autoReady: false })
    const starting = reached(app.spawner, 'starting')
    const answering = ask({})
    await starting
    await clock.advance(30_000)
    const answer = await answering
    t.equal(answer.statusCode, 500)
    t.same(answer.json(), { status: 'failed', reason: 'the stream server was not ready within 30 s', code: 'start_timeout' })
  })

  await t.test('stopped by somebody before it was ready', async t => {
    const { app, ask } = await handshakeStage(t, { autoReady: false })
    const starting = reached(app.spawner, 'starting')
    const answering = ask({})
    await app.spawner.stop((await starting).id, 'admin')
    const answer = await answering
    t.equal(answer.statusCode, 410)
    t.match(answer.json(), { status: 'failed', code: 'admin' })
  })
})

t.test('too many requests of one address are refused, whichever of the two paths they take', async t => {
  const { app, ask } = await handshakeStage(t, { perMinute: 3, max: 8 })
  t.equal((await ask({})).statusCode, 200)
  t.equal((await ask({}, { url: '/service' })).statusCode, 200)
  t.equal((await ask({ params: { model: 7 } })).statusCode, 400, 'a bad request counts too')
  for (const url of ['/api/spawn', '/service']) {
    const answer = await ask({}, { url })
    t.equal(answer.statusCode, 429)
    const wait = Number(answer.headers['retry-after'])
    t.ok(Number.isInteger(wait) && wait >= 1 && wait <= 60, `Retry-After: ${wait}`)
    t.same(answer.json(), { status: 'failed', reason: 'Too many viewing requests', code: 'rate_limited', retryAfter: wait })
  }
  t.equal((await ask({}, { remoteAddress: '192.0.2.1' })).statusCode, 200, 'another address has a count of its own')
  t.equal(app.spawner.alive, 3)
})

t.test('a caller who hangs up leaves nothing behind', async t => {
  const { app, launcher } = await handshakeStage(t, { autoReady: false })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const body = '{"params":{"model":"engine"}}'
  for (const [name, leave] of [['with a farewell', 'end'], ['without', 'resetAndDestroy']] as const) {
    const starting = reached(app.spawner, 'starting')
    const stopped = reached(app.spawner, 'stopped')
    const caller = connect(port, '127.0.0.1')
    caller.on('error', () => {})
    await once(caller, 'connect')
    caller.write(`POST /api/spawn HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    const { id } = await starting
    if (leave === 'end') caller.destroy()
    else caller.resetAndDestroy()
    t.match(await stopped, { id, reason: 'client_closed' }, name)
  }
  t.equal(app.spawner.alive, 0)
  t.equal(launcher.alive.size, 0)
  t.equal(app.portPool.counts().leased, 0)
})

t.test('a caller who hangs up before its request was looked at starts nothing', async t => {
  const stage = await appStage(t, { autoReady: false })
  const { app, launcher, clock } = stage
  const caller = { gone: Promise.resolve() }
  app.decorate('spawnLimit', async () => {
    await caller.gone
    return { allowed: true }
  })
  await app.register(restHandshake, { modelDirs: [], clock })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  const arrived = once(app.server, 'request')
  const answered = once(app.spawner, 'answered')
  caller.gone = arrived.then(async ([request]) => {
    socket.destroy()
    await new Promise(resolve => { (request as IncomingMessage).socket.once('close', resolve) })
    await new Promise(resolve => { setImmediate(resolve) })
  })
  socket.write('POST /service HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}')
  t.match(await answered, [{ outcome: 'cancelled', reason: 'client_closed' }])
  t.same(launcher.orders, [])
})

const story = { headers: { accept: 'text/event-stream' } }
/** The events of a story, as `name {…}`. */
const eventsOf = (text: string) => text.trimEnd().split('\n\n').map(event => {
  const [, name = '', data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? []
  return [name, JSON.parse(data) as Record<string, unknown>] as const
})

t.test('who accepts events is told the phases of the start, and the answer last', async t => {
  const { app, ask } = await handshakeStage(t)
  const answer = await ask({}, story)
  t.match([answer.statusCode, answer.headers['content-type'], answer.headers['cache-control']], [200, /^text\/event-stream/, 'no-store'])
  const [session] = app.spawner.sessions()
  const { id, port } = session ?? {}
  t.match(eventsOf(answer.body), [
    ['state', { id, state: 'queued' }],
    ['state', { id, state: 'starting' }],
    ['state', { id, state: 'ready' }],
    ['ready', { result: 'ok', serviceId: id, endpoints: { ws: `ws://localhost:${port}` }, proxyPath: `/wsproxy/${port}` }]
  ])
})

t.test('who waits is told the place and the time, again and again, and who waits in vain the refusal', async t => {
  const { ask, app, clock } = await handshakeStage(t, { max: 1, line: { room: 2, patience: 12_000 } })
  const first = await opened(app)
  const asked = ask({}, story)
  await clock.advance(0)
  t.equal(app.spawner.waiting, 1)
  await clock.advance(6_000)
  app.spawner.report(first.id, { kind: 'ping', viewers: null, idle: null })
  await clock.advance(6_000)
  const events = eventsOf((await asked).body)
  t.same(events, [
    ...Array(3).fill(['waiting', { place: 1, seconds: null }]),
    ['refused', { status: 'failed', reason: 'No ports available', code: 'queue_timeout', retryAfter: 5, place: 1, httpStatus: 503 }]
  ])
})

t.test('who wants to come back is told by what and for how long, and comes back by it', async t => {
  const { app, ask, clock } = await handshakeStage(t, { max: 1 })
  const first = (await ask({ params: { reentry: true } })).json<{ serviceId: string, reentry: { token: string } }>()
  t.match(first.reentry, { token: /^[\w-]{32}$/, seconds: 15 })
  const asked = ask({ params: { reentry: first.reentry.token } })
  await comesTrue('its session has ended', () => app.spawner.session(first.serviceId)?.endedAt !== null)
  // Its port rests.
  await clock.advance(2_000)
  const again = await asked
  t.equal(again.statusCode, 200)
  const next = again.json<typeof first>()
  t.not(next.serviceId, first.serviceId)
  t.not(next.reentry.token, first.reentry.token)
  t.match(app.spawner.session(first.serviceId), { reason: 'client_closed' })
  t.equal((await ask({ params: { reentry: first.reentry.token } })).statusCode, 503, 'once')
  t.notHas(JSON.stringify(app.spawner.sessions()), next.reentry.token)
})

t.test('a form says it by a word, and an ordinary request is told nothing', async t => {
  const { ask } = await handshakeStage(t, { max: 3 })
  const form = await ask('params[reentry]=true', { headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  t.match(form.json(), { reentry: { seconds: 15 } })
  for (const params of [{}, { reentry: false }, { reentry: 'false' }]) {
    const answer = await ask({ params })
    if (answer.statusCode === 200) t.notOk('reentry' in answer.json<object>())
  }
  t.match((await ask({ params: { reentry: 5 } })).json(), { result: 'error', reason: /params\.reentry/ })
})

t.test('who waits is told by what it finds its place again', async t => {
  const { ask, app, clock } = await handshakeStage(t, { max: 1, line: { room: 2, patience: 1_000 } })
  await opened(app)
  const asked = ask({ params: { reentry: true } }, story)
  await clock.advance(1_000)
  t.match(eventsOf((await asked).body)[0], ['waiting', { place: 1, reentry: { token: /^[\w-]{32}$/, seconds: 15 } }])
})

t.test('a story of a request that is wrong is an ordinary answer', async t => {
  const { ask } = await handshakeStage(t)
  const answer = await ask({ params: { model: '../x' } }, story)
  t.equal(answer.statusCode, 400)
  t.match(answer.json(), { result: 'error' })
})

t.test('a caller who hangs up while it waits leaves the line at once', async t => {
  const { app } = await handshakeStage(t, { max: 1, line: { room: 1, patience: 60_000 } })
  await opened(app)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('POST /api/spawn HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nContent-Length: 0\r\n\r\n')
  await once(socket, 'data')
  t.equal(app.spawner.waiting, 1)
  const answered = once(app.spawner, 'answered')
  socket.destroy()
  t.match(await answered, [{ outcome: 'cancelled', reason: 'client_closed' }])
  t.equal(app.spawner.waiting, 0)
})
