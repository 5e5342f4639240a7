import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import t from 'tap'
import { WebSocket, WebSocketServer, type ServerOptions } from 'ws'
import { tunnelForms } from './forms.ts'
import { frontDoor } from './front.ts'
import { chance, listening, noise, type Teardown } from './sockets.ts'

async function echo (t: Teardown, options: ServerOptions = {}): Promise<{ port: number, server: WebSocketServer }> {
  const http = createServer()
  const server = new WebSocketServer({ server: http, ...options })
  server.on('connection', socket => { socket.on('message', (data, isBinary) => { socket.send(data, { binary: isBinary }) }) })
  const port = await listening(t, http)
  t.teardown(() => { for (const socket of server.clients) socket.terminate() })
  return { port, server }
}

for (const { name, carrier } of await tunnelForms(t)) {
  t.test(`${name}: a viewer talks to its stream server as if nothing were between them`, async t => {
    const { port, server } = await echo(t, { handleProtocols: () => 'binary', perMessageDeflate: true })
    const { url, tunnels } = await frontDoor(t, port, carrier)
    const asked = once(server, 'connection')
    const viewer = new WebSocket(`${url}/scs?renderingLocation=ssr&x=1`, ['binary'], { headers: { cookie: 'sid=1', authorization: 'Bearer x' } })
    await once(viewer, 'open')
    const [, request] = await asked as [WebSocket, IncomingMessage]
    t.equal(request.url, '/scs?renderingLocation=ssr&x=1')
    t.equal(request.headers.cookie, undefined)
    t.equal(request.headers.authorization, undefined)
    t.equal(request.headers.host, `127.0.0.1:${port}`)
    t.equal(viewer.protocol, 'binary')
    t.match(viewer.extensions, /permessage-deflate/)
    const draw = chance(4)
    for (const size of [0, 1, 125, 126, 65_535, 65_536, 1_048_576]) {
      const message = noise(size, draw)
      viewer.send(message)
      const [answer] = await once(viewer, 'message') as [Buffer]
      t.ok(answer.equals(message), `${size} bytes`)
    }
    viewer.close(1000, 'done')
    const [code, reason] = await once(viewer, 'close') as [number, Buffer]
    t.equal(code, 1000)
    t.equal(reason.toString(), 'done')
    await Promise.all(tunnels.of('').map(tunnel => tunnel.closed))
  })

  t.test(`${name}: a refusal by the stream server reaches the viewer as it was said`, async t => {
    const { port } = await echo(t, { verifyClient: (_info, answer) => { answer(false, 418, 'short and stout', { 'X-Pot': 'tea' }) } })
    const { url, tunnels } = await frontDoor(t, port, carrier)
    const viewer = new WebSocket(url).on('error', () => {})
    const [, reply] = await once(viewer, 'unexpected-response') as [unknown, IncomingMessage]
    t.equal(reply.statusCode, 418)
    t.equal(reply.headers['x-pot'], 'tea')
    reply.resume()
    await once(reply, 'end')
    await Promise.all(tunnels.of('').map(tunnel => tunnel.closed))
  })

  t.test(`${name}: a stream server that dies abnormally is seen by the viewer as 1006`, async t => {
    const { port, server } = await echo(t)
    const { url } = await frontDoor(t, port, carrier)
    const arrived = once(server, 'connection')
    const viewer = new WebSocket(url)
    await once(viewer, 'open');
    (await arrived as [WebSocket])[0].terminate()
    const [code] = await once(viewer, 'close') as [number]
    t.equal(code, 1006)
  })

  t.test(`${name}: a stream server that cannot be reached is reported in form`, async t => {
    const { url } = await frontDoor(t, 1, carrier)
    const program = new WebSocket(url).on('error', () => {})
    const [, reply] = await once(program, 'unexpected-response') as [unknown, IncomingMessage]
    t.equal(reply.statusCode, 500)
    reply.resume()
    await once(reply, 'end')
    const [code, reason] = await once(new WebSocket(url, { origin: 'http://cad.example' }), 'close') as [number, Buffer]
    t.equal(code, 1011)
    t.match(reason.toString(), 'ECONNREFUSED')
  })
}
