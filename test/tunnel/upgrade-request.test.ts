import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { composeUpgrade, readUpgrade, type UpgradeReading } from '../../src/tunnel/upgrade-request.ts'
import { listening, type Teardown } from './sockets.ts'

const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const good = ['Host: cad.example', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${key}`]

/** What Node's own parser makes of these lines, read by us; `undefined` when it refused them or saw no upgrade. */
async function reading (t: Teardown, lines: string[], requestLine = 'GET / HTTP/1.1'): Promise<UpgradeReading | undefined> {
  const server = createServer()
  const port = await listening(t, server)
  const client = connect({ port, host: '127.0.0.1' }).on('error', () => {}).resume()
  t.teardown(() => client.destroy())
  client.write(Buffer.from([requestLine, ...lines, '', ''].join('\r\n'), 'latin1'))
  const request = await Promise.race<IncomingMessage | undefined>([
    once(server, 'upgrade').then(([request, socket]) => {
      socket.destroy()
      return request as IncomingMessage
    }),
    once(server, 'clientError').then(([, socket]) => socket.destroy() && undefined),
    once(server, 'request').then(([, reply]) => reply.destroy() && undefined)
  ])
  return request === undefined ? undefined : readUpgrade(request)
}

function without (name: string): string[] {
  return good.filter(line => !line.startsWith(`${name}:`))
}

async function composed (t: Teardown, lines: string[], requestLine?: string, forwardedFor?: string, believed = false): Promise<string[]> {
  const result = await reading(t, lines, requestLine)
  if (result?.status !== 'valid') throw new Error(result?.reason ?? 'no upgrade')
  const text = composeUpgrade(result.upgrade, { host: '127.0.0.1', port: 12_345, forwardedFor, believed }).toString('latin1')
  if (!text.endsWith('\r\n\r\n')) throw new Error('the head is not closed')
  return text.slice(0, -4).split('\r\n')
}

t.test('a browser’s upgrade is read', async t => {
  t.match(await reading(t, [...good, 'Sec-WebSocket-Protocol: binary, base64', 'Origin: http://cad.example'], 'GET /a/b?renderingLocation=ssr HTTP/1.1'),
    { status: 'valid', upgrade: { target: '/a/b?renderingLocation=ssr', key, protocols: ['binary', 'base64'] } })
})

t.test('upper case, lists and Firefox’s "keep-alive, Upgrade" are fine', async t => {
  t.match(await reading(t, [...without('Upgrade').filter(line => !line.startsWith('Connection')), 'Upgrade: WebSocket', 'Connection: keep-alive, UPGRADE']), { status: 'valid' })
})

t.test('every fault is called by its name', async t => {
  const faults: [string[], RegExp, string?][] = [
    [[...without('Upgrade'), 'Upgrade: h2c'], /Upgrade header/],
    [[...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 8'], /must be 13/],
    [without('Sec-WebSocket-Version'), /must be 13/],
    [[...good, 'Sec-WebSocket-Version: 13'], /must be 13/],
    [without('Sec-WebSocket-Key'), /16 bytes/],
    [[...good, `Sec-WebSocket-Key: ${key}`], /16 bytes/],
    [[...without('Sec-WebSocket-Key'), 'Sec-WebSocket-Key: c2hvcnQ='], /16 bytes/],
    [[...good, 'Content-Length: 0, 0'], /body|undefined/],
    [good, /GET/, 'POST / HTTP/1.1'],
    [good, /HTTP\/1\.1/, 'GET / HTTP/1.0'],
    [good, /path/, 'GET * HTTP/1.1']
  ]
  for (const [lines, reason, requestLine] of faults) {
    const result = await reading(t, lines, requestLine)
    t.match(result?.status === 'malformed' ? result.reason : String(result?.status), reason, requestLine ?? lines.at(-1) ?? '')
  }
})

t.test('the request keeps path, query and WebSocket headers, and names the stream server as host', async t => {
  const lines = await composed(t, [...good, 'Sec-WebSocket-Protocol: binary', 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits', 'Origin: http://cad.example'],
    'GET /service/%C3%A9?renderingLocation=csr&x=%0d%0aX HTTP/1.1')
  t.same(lines, [
    'GET /service/%C3%A9?renderingLocation=csr&x=%0d%0aX HTTP/1.1',
    'Host: 127.0.0.1:12345',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Protocol: binary',
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
    'Origin: http://cad.example'
  ])
})

t.test('credentials, hop-by-hop headers and those the viewer meant for us alone stay here', async t => {
  const lines = await composed(t, [
    ...without('Connection'), 'Connection: Upgrade, X-Private, Sec-WebSocket-Key, close', 'X-Private: 1', 'Keep-Alive: 5', 'TE: trailers', 'Trailer: X',
    'Proxy-Authorization: Basic x', 'Cookie: sid=1', 'cOOKIE: sid=2', 'Authorization: Bearer x', 'Content-Length: 0', 'Expect: 100-continue'
  ])
  t.same(lines.slice(4), ['Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${key}`])
})

t.test('headers said twice are forwarded twice, with their bytes unchanged', async t => {
  const lines = await composed(t, [...good, 'Sec-WebSocket-Protocol: a', 'Sec-WebSocket-Protocol: b', 'X-Name: Caf\u00e9', 'x-name: \u00ff'])
  t.same(lines.slice(6), ['Sec-WebSocket-Protocol: a', 'Sec-WebSocket-Protocol: b', 'X-Name: Caf\u00e9', 'x-name: \u00ff'])
})

t.test('the viewer’s address is told only if it is one, behind those that a believed proxy names', async t => {
  const lines = [...good, 'X-Forwarded-For: 10.0.0.1', 'X-Forwarded-For: 10.0.0.2']
  t.same((await composed(t, lines)).slice(6), ['X-Forwarded-For: 10.0.0.1', 'X-Forwarded-For: 10.0.0.2'])
  t.same((await composed(t, lines, undefined, '::1', true)).slice(6), ['X-Forwarded-For: 10.0.0.1, 10.0.0.2, ::1'])
  t.same((await composed(t, lines, undefined, '::1')).slice(6), ['X-Forwarded-For: ::1'])
  t.same((await composed(t, good, undefined, '1.2.3.4\r\nX: y')).slice(6), [])
})

t.test('a proxy’s absolute request target becomes a path', async t => {
  t.equal((await composed(t, good, 'GET http://cad.example:8080/a?b=http://c/d HTTP/1.1'))[0], 'GET /a?b=http://c/d HTTP/1.1')
  t.equal((await composed(t, good, 'GET http://cad.example?b HTTP/1.1'))[0], 'GET /?b HTTP/1.1')
})

t.test('an IPv6 stream server is named in brackets', async t => {
  const result = await reading(t, good)
  if (result?.status !== 'valid') return t.fail('not valid')
  t.match(composeUpgrade(result.upgrade, { host: '::1', port: 1 }).toString(), 'Host: [::1]:1\r\n')
})

t.test('whether the viewer can come back is for us to say', async t => {
  const result = await reading(t, [...good, 'Slipway-Way-Back: none'])
  if (result?.status !== 'valid') return t.fail('not valid')
  t.notMatch(composeUpgrade(result.upgrade, { host: '127.0.0.1', port: 1 }).toString(), /way-back/i)
  t.match(composeUpgrade(result.upgrade, { host: '127.0.0.1', port: 1, noWayBack: true }).toString(), /^slipway-way-back: none\r\n/m)
})

t.test('no header can smuggle in another one', async t => {
  for (const hostile of ['X-A: b\rX-Evil: 1', 'X-A: b\nX-Evil: 1', 'X-A: b\0c', 'X-A: b\r\n X-Evil: folded', 'X A: b', ': b', 'Transfer-Encoding: chunked', 'Content-Length: 5']) {
    const result = await reading(t, [...good, hostile])
    if (result?.status !== 'valid') {
      t.pass(`${JSON.stringify(hostile)} is refused`)
      continue
    }
    const lines = composeUpgrade(result.upgrade, { host: '127.0.0.1', port: 1 }).toString('latin1').split('\r\n')
    t.notOk(lines.some(line => /^x-evil|[\r\n\0]/i.test(line)), JSON.stringify(hostile))
  }
})

t.test('headers that no parser has seen are checked as well', async t => {
  const request = (extra: string[]): IncomingMessage => Object.assign(Object.create(null), {
    method: 'GET', httpVersion: '1.1', url: '/', rawHeaders: [...good.flatMap(line => line.split(': ')), ...extra]
  })
  t.match(readUpgrade(request([])), { status: 'valid' })
  t.match(readUpgrade(request(['X-A', 'b\r\nX-Evil: 1'])), { status: 'malformed', reason: /header/ })
  t.match(readUpgrade(request(['X\r\nEvil', 'b'])), { status: 'malformed', reason: /header/ })
  t.match(readUpgrade(Object.assign(request([]), { url: '/ HTTP/1.1\r\nX: y' })), { status: 'malformed', reason: /path/ })
})
