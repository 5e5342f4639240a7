import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { startSlipway, type Slipway } from '../fixtures/slipway.ts'
import { asking, askForViewer, openViewer } from './support/requests.ts'
import { RawViewer, upgradeRequest } from './support/raw-viewer.ts'

/** How a browser, and how a program, are told no. */
async function refusals ({ port }: Slipway, path = '/') {
  const browser = new WebSocket(`ws://127.0.0.1:${port}${path}`, ['some.protocol'], { origin: `http://127.0.0.1:${port}` })
  const [status, reason] = await once(browser, 'close') as [number, Buffer]
  const viewer = new WebSocket(`ws://127.0.0.1:${port}${path}`)
  const [, response] = await once(viewer, 'unexpected-response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return {
    closed: { status, protocol: browser.protocol, ...JSON.parse(String(reason)) as object },
    answered: { status: response.statusCode as number, headers: response.headers as Record<string, string>, body: JSON.parse(String(Buffer.concat(chunks))) as object }
  }
}

const slipway = await startSlipway(t, { SLIPWAY_MAX_SESSIONS: '1' })

t.test('a full house', async t => {
  const { serviceId } = await openViewer(slipway)
  t.match(await refusals(slipway), {
    closed: { status: 1013, protocol: 'some.protocol', reason: 'No ports available; try again in 5 s', code: 'full' },
    answered: { status: 503, headers: { 'retry-after': '5', 'content-type': 'application/json' }, body: { status: 'failed', reason: 'No ports available', code: 'full', retryAfter: 5 } }
  })
  await asking(`${slipway.url}/api/spawns/${serviceId}`, { method: 'DELETE' })
})

t.test('an upgrade that is none', async t => {
  for (const [name, request] of Object.entries({
    'no key': upgradeRequest('/', { 'Sec-WebSocket-Key': null }),
    'a key that is none': upgradeRequest('/', { 'Sec-WebSocket-Key': 'short' }),
    'an old version': upgradeRequest('/', { 'Sec-WebSocket-Version': '8' }),
    'another protocol': upgradeRequest('/', { Upgrade: 'h2c', Connection: 'Upgrade, HTTP2-Settings', 'HTTP2-Settings': 'AAMAAABk' }),
    'another method': upgradeRequest().replace('GET', 'POST'),
    'HTTP/1.0': upgradeRequest().replace('HTTP/1.1', 'HTTP/1.0'),
    'a target that is no path': upgradeRequest('*'),
    'two slashes': upgradeRequest('//', { 'Sec-WebSocket-Key': null }),
    'an address that is none': upgradeRequest('http://[', { 'Sec-WebSocket-Key': null }),
    'another method for the live events': upgradeRequest('/api/events').replace('GET', 'POST'),
    'live events without a key': upgradeRequest('/api/events', { 'Sec-WebSocket-Key': null }),
    'a port that is none': upgradeRequest('//a:b', { 'Sec-WebSocket-Key': null })
  })) {
    const viewer = await RawViewer.connect(t, slipway.port)
    viewer.say(request)
    t.match(await viewer.rest(), /^HTTP\/1.1 400 Bad Request\r\n/, name)
  }
  t.equal((await asking(`${slipway.url}/healthz`)).status, 200, 'the service goes on')
  t.match((await asking(`${slipway.url}/api/status`)).body, { usedSpawnPorts: 0 }, 'nothing was started')
})

t.test('a well-formed upgrade with an odd path is let in', async t => {
  for (const path of ['//', '//a:b', '/%', '/a//b?c=%zz']) {
    const viewer = await RawViewer.connect(t, slipway.port)
    viewer.say(upgradeRequest(path))
    t.match(await viewer.head(), /^HTTP\/1.1 101 /, path)
    viewer.socket.destroy()
    for (;;) if ((await asking(`${slipway.url}/readyz`)).status === 200) break
  }
})

t.test('an address of the API that is no WebSocket', async t => {
  t.match(await refusals(slipway, '/api/nothing'), {
    closed: { status: 4404, reason: 'There is no WebSocket at /api/nothing' },
    answered: { status: 404, body: { code: 'unknown_session' } }
  })
})

t.test('a page of another site, and one that calls us by a name that is not ours', async t => {
  for (const path of ['/', '/api/events']) {
    const page = new WebSocket(`ws://127.0.0.1:${slipway.port}${path}`, { origin: 'http://page.test' })
    const [code, reason] = await once(page, 'close') as [number, Buffer]
    t.equal(code, 4403)
    t.match(JSON.parse(String(reason)), { code: 'foreign_origin' })
    const rebound = await RawViewer.connect(t, slipway.port)
    rebound.say(upgradeRequest(path, { Host: 'page.test' }))
    t.match(await rebound.rest(), /^HTTP\/1.1 421 .*foreign_host/s)
  }
  t.match((await asking(`${slipway.url}/api/status`)).body, { usedSpawnPorts: 0 }, 'nothing was started')
})

t.test('too many requests of one address, by whichever way', async t => {
  const limited = await startSlipway(t, { SLIPWAY_SPAWN_RATE_LIMIT: '2' })
  await openViewer(limited)
  const viewer = new WebSocket(`ws://127.0.0.1:${limited.port}`)
  await once(viewer, 'open')
  viewer.terminate()
  t.match(await refusals(limited), {
    closed: { status: 4429, reason: /^Too many viewing requests/ },
    answered: { status: 429, headers: { 'retry-after': /^[1-9]\d?$/ }, body: { code: 'rate_limited' } }
  })
  const { status, headers } = await askForViewer(limited)
  t.equal(status, 429)
  t.match(headers.get('retry-after'), /^[1-9]\d?$/)
})

t.test('a stream server that cannot be started', async t => {
  const broken = await startSlipway(t, {}, { mode: 'exit-licence' })
  t.match(await refusals(broken), {
    closed: { status: 1011, reason: /^ts3d_sc_server failed: reason='invalid license', exit-code=6/ },
    answered: { status: 500, body: { code: 'licence', reason: /invalid license/ } }
  })
})

t.test('a stream server that dies before it has answered its viewer', async t => {
  const broken = await startSlipway(t, {}, { mode: 'crash-at-viewer' })
  t.match(await refusals(broken), {
    closed: { status: 1011, protocol: 'some.protocol', reason: 'The stream server hung up before it answered', code: 'start_failed' },
    answered: { status: 500, body: { status: 'failed', reason: 'The stream server hung up before it answered', code: 'start_failed' } }
  })
})

t.test('a stream server that is not ready in time', async t => {
  const mute = await startSlipway(t, { SLIPWAY_START_TIMEOUT: '0.5' }, { mode: 'never-ready' })
  t.match(await refusals(mute), {
    closed: { status: 4408, reason: 'the stream server was not ready within 0.5 s' },
    answered: { status: 500, body: { code: 'start_timeout' } }
  })
})
