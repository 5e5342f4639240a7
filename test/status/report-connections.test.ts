import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { ReportConnections, type ReportConnectionsOptions } from '../../src/status/report-connections.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

const plain = (what: string, ...headers: string[]) => [`POST /api/spawns/a?liveliness=${what} HTTP/1.1`, 'Host: 127.0.0.1:1', 'Content-Length: 0', ...headers, '', ''].join('\r\n')

/** An HTTP server that answers 202 to whatever reaches it, and echoes what is said after an upgrade. */
async function stage (t: Test, options: Partial<ReportConnectionsOptions> = {}) {
  const server = createServer((request, response) => {
    request.resume().once('end', () => { response.writeHead(202, { 'content-length': 0 }).end() })
  })
  server.on('upgrade', (_request, socket, head) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    socket.write(head)
    socket.pipe(socket)
  })
  const taken: string[] = []
  const connections = new ReportConnections(server, 'connection', {
    hears: () => true,
    answersTo: host => host.startsWith('127.'),
    take: (id, { kind }) => {
      taken.push(`${id} ${kind}`)
      return kind !== 'disconnect'
    },
    headers: 'x-ours: 1\r\n',
    clock: new FakeClock(),
    ...options
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets: Socket[] = []
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    connections.close()
    server.close()
    server.closeAllConnections()
  })
  const line = () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1')
    sockets.push(socket)
    return socket
  }
  const ask = async (socket: Socket, request: string): Promise<string> => {
    socket.write(request, 'latin1')
    const [answer] = await once(socket, 'data') as [string]
    return answer
  }
  const status = async (socket: Socket, request: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(await ask(socket, request))?.[1])
  return { server, connections, taken, line, ask, status }
}

t.test('reports on a kept connection are answered one after the other', async t => {
  const { line, ask, taken } = await stage(t)
  const socket = line()
  t.match(await ask(socket, plain('ready')), /^HTTP\/1\.1 200 OK\r\ncontent-length: 0\r\nx-ours: 1\r\ndate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n\r\n$/)
  t.match(await ask(socket, plain('ping')), /^HTTP\/1\.1 200/)
  t.match(await ask(socket, plain('ping', 'User-Agent: libcurl', 'Accept: */*')), /^HTTP\/1\.1 200/)
  t.same(taken, ['a ready', 'a ping', 'a ping'])
})

t.test('who asks for it is answered and let go', async t => {
  const { line, taken } = await stage(t)
  const socket = line()
  socket.write(plain('ping', 'Connection: close'))
  t.match(await text(socket), /^HTTP\/1\.1 200 [^]*\r\nconnection: close\r\n\r\n$/)
  t.same(taken, ['a ping'])
})

t.test('whatever is more than a plain report reaches the server whole, and what follows it too', async t => {
  for (const [what, request] of Object.entries({
    'another method': 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    'another target': plain('dead'),
    'a body': plain('ping').replace('Length: 0', 'Length: 2') + '{}',
    'a chunked body': plain('ping').replace('Content-Length: 0', 'Transfer-Encoding: chunked') + '0\r\n\r\n',
    'a proxy’s word': plain('ping', 'X-Forwarded-For: 192.0.2.1'),
    'a page': plain('ping', 'Origin: http://127.0.0.1:1'),
    'two names': plain('ping', 'Host: 127.0.0.2'),
    'a foreign name': plain('ping').replace('127.0.0.1:1', 'evil.example'),
    'a report that is not taken': plain('disconnect')
  })) {
    const { line, status, taken } = await stage(t)
    const socket = line()
    t.equal(await status(socket, plain('ping')), 200, 'first a report')
    t.equal(await status(socket, request), 202, what)
    t.equal(await status(socket, plain('ping')), 202, 'from then on all is the server’s')
    t.equal(taken.filter(report => report === 'a ping').length, 1)
  }
})

t.test('what no HTTP is, or no name tells, is refused as ever', async t => {
  for (const request of ['hello\r\n\r\n', plain('ping').replace(/Host.*\r\n/, ''), plain('ping', 'Accept: a\rb'), plain('ping', 'bad header')]) {
    const { line, status, taken } = await stage(t)
    t.equal(await status(line(), request), 400, JSON.stringify(request))
    t.same(taken, [])
  }
})

t.test('a report in pieces, or two in one, are the server’s', async t => {
  const { line, ask, status, server } = await stage(t)
  const [first, second] = [plain('ping').slice(0, 30), plain('ping').slice(30)]
  const pieces = line()
  const arrived = once(server, 'connection') as Promise<[Socket]>
  pieces.write(first)
  const [accepted] = await arrived
  await new Promise<void>(resolve => { const look = () => { if (accepted.bytesRead >= first.length) resolve(); else setImmediate(look) }; look() })
  t.equal(await status(pieces, second), 202)
  const two = line()
  let answers = await ask(two, plain('ping') + plain('ping'))
  while (answers.split('202').length < 3) answers += (await once(two, 'data') as [string])[0]
  t.equal(answers.match(/HTTP\/1\.1 202/g)?.length, 2)
})

t.test('an upgrade loses nothing that was said with it', async t => {
  const { line, ask } = await stage(t)
  const socket = line()
  await ask(socket, plain('ping'))
  let heard = await ask(socket, 'GET /viewer HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly ')
  socket.write('late')
  while (!heard.endsWith('early late')) heard += (await once(socket, 'data') as [string])[0]
  t.match(heard, /^HTTP\/1\.1 101 [^]*early late$/)
})

t.test('others are the server’s from the start', async t => {
  const { line, status, taken } = await stage(t, { hears: () => false })
  t.equal(await status(line(), plain('ping')), 202)
  t.same(taken, [])
})

t.test('closing ends those that report, and later ones are the server’s', async t => {
  const { line, ask, status, connections } = await stage(t)
  const socket = line()
  await ask(socket, plain('ping'))
  const gone = once(socket, 'close')
  connections.close()
  connections.close()
  await gone
  t.equal(await status(line(), plain('ping')), 202)
})

t.test('who leaves without a word, or with a reset, is forgotten', async t => {
  const { line, ask, server } = await stage(t)
  const [quiet, rude] = [line(), line()]
  await ask(quiet, plain('ping'))
  await ask(rude, plain('ping'))
  quiet.end()
  rude.resetAndDestroy()
  await once(quiet, 'close')
  server.close()
  await once(server, 'close')
  t.pass('the server has no connection left')
})
