import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { connect, type AddressInfo, type Server } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as connectSecurely } from 'node:tls'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import { takeProxyHeaders } from '../../src/front/proxied-connections.ts'
import { certificates, withoutOpenssl } from '../fixtures/certificates.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

const answer: RequestListener = (request, response) => {
  let bytes = 0
  request.on('data', (chunk: Buffer) => { bytes += chunk.length }).on('end', () => {
    response.setHeader('connection', 'close')
    response.end(`${request.socket.remoteAddress} ${bytes}`)
  })
}
const line = 'PROXY TCP4 203.0.113.9 127.0.0.1 12345 80\r\n'
const body = 'x'.repeat(200_000)
const request = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`

async function listen (t: Test, server: Server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  return (server.address() as AddressInfo).port
}

async function stage (t: Test, trusted: boolean, clock = systemClock) {
  const server = createServer(answer)
  takeProxyHeaders(server, () => trusted, clock)
  const port = await listen(t, server)
  /** Says the pieces, each once the one before has left, and answers what comes back. */
  const say = async (...pieces: string[]) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const heard = text(socket)
    for (const piece of pieces) await new Promise(resolve => { socket.write(piece, () => { setImmediate(resolve) }) })
    return (await heard).split('\r\n\r\n').at(-1)
  }
  return { server, say, port }
}

t.test('a trusted proxy tells who asks', async t => {
  const { say } = await stage(t, true)
  t.equal(await say(line + request), '203.0.113.9 200000')
  t.equal(await say(line, request), '203.0.113.9 200000')
  t.equal(await say(...line, request), '203.0.113.9 200000', 'byte by byte')
})

t.test('without a header it asks for itself, as stream servers on this machine do', async t => {
  const { say } = await stage(t, true)
  t.equal(await say(request), '127.0.0.1 200000')
  t.equal(await say('P', request.slice(1)), '127.0.0.1 200000')
})

t.test('a broken header ends the connection', async t => {
  const { say } = await stage(t, true)
  t.equal(await say('PROXY nonsense\r\n'), '')
})

t.test('from anybody else a header is no HTTP', async t => {
  const { server, port } = await stage(t, false)
  const refused = once(server, 'clientError')
  const socket = connect({ port, host: '127.0.0.1' })
  socket.write(line + request.slice(0, 40))
  const [error, theirs] = await refused as [Error, { destroy: () => void }]
  t.match(error, { code: 'HPE_INVALID_METHOD' })
  theirs.destroy()
  await once(socket, 'close')
})

t.test('a proxy that says nothing is not waited for', async t => {
  const clock = new FakeClock()
  const { server, port } = await stage(t, true, clock)
  const came = once(server, 'connection')
  const socket = connect({ port, host: '127.0.0.1' }).resume()
  const closed = once(socket, 'close')
  await came
  await clock.advance(5_000)
  await closed
  t.equal(clock.pending, 0)
})

t.test('a proxy that hangs up before it said a whole header leaves nothing behind', async t => {
  const clock = new FakeClock()
  const { server, port } = await stage(t, true, clock)
  const came = once(server, 'connection')
  const socket = connect({ port, host: '127.0.0.1' })
  const [theirs] = await came as [NodeJS.EventEmitter]
  const closed = once(theirs, 'close')
  socket.end('PRO')
  await closed
  t.equal(clock.pending, 0)
})

t.test('below TLS it works the same', withoutOpenssl, async t => {
  const { files } = certificates(t)
  const server = createSecureServer({ cert: readFileSync(files.certificateFile), key: readFileSync(files.keyFile) }, answer)
  takeProxyHeaders(server, () => true, systemClock)
  const port = await listen(t, server)
  const socket = connect({ port, host: '127.0.0.1' })
  socket.write(line)
  const secure = connectSecurely({ socket, rejectUnauthorized: false })
  secure.write(request)
  t.equal((await text(secure)).split('\r\n\r\n').at(-1), '203.0.113.9 200000')
})
