import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import arrivalTime from '../../plugins/arrival-time.ts'
import { furtherServers } from '../../src/front/further-servers.ts'
import { appStage } from '../fixtures/app-stage.ts'

async function stage (t: Test) {
  const made = await appStage(t)
  const { app } = made
  await app.register(arrivalTime, { usual: 30_000, clock: made.clock })
  app.addContentTypeParser('*', (_request, payload, done) => { done(null, payload) })
  const taken: string[] = []
  const take = async ({ url, body }: { url: string, body: unknown }) => {
    let text = ''
    for await (const piece of body as AsyncIterable<Buffer>) text += piece.toString()
    taken.push(`${url} ${text}`)
    return 'taken'
  }
  app.post('/usual', take)
  app.post('/locked', { config: { slowArrival: true }, onRequest: async () => { throw Object.assign(new Error('no'), { statusCode: 403 }) } }, take)
  app.post('/upload', { config: { slowArrival: true } }, take)
  await app.listen({ host: '127.0.0.1', port: 0 })
  /** Sends what is there of a request; resolves when its head was seen. */
  const begin = async (head: string) => {
    const seen = once(app.server, 'request')
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    t.teardown(() => { socket.destroy() })
    socket.setEncoding('utf8')
    let answer = ''
    socket.on('data', text => { answer += String(text) })
    const over = once(socket, 'close')
    socket.write(head)
    await seen
    return { socket, over, answer: () => answer }
  }
  return { ...made, begin, taken }
}

t.test('a body that does not come in the usual time ends the request with 408; an upload may take longer', async t => {
  const { clock, begin, taken } = await stage(t)
  const slow = await begin('POST /usual HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345')
  const chunked = await begin('POST /nowhere HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n')
  const upload = await begin('POST /upload HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10\r\n\r\n12345')
  await clock.advance(29_999)
  t.equal(slow.answer(), '')
  await clock.advance(1)
  await slow.over
  t.match(slow.answer(), /^HTTP\/1\.1 408 Request Timeout\r\n/)
  await chunked.over
  upload.socket.write('67890')
  await upload.over
  t.match(upload.answer(), /^HTTP\/1\.1 200 OK\r\n[^]*taken$/)
  t.same(taken, ['/upload 1234567890'])
})

t.test('an upload that is turned away has no more time than anybody else', async t => {
  const { clock, begin, taken } = await stage(t)
  const locked = await begin('POST /locked HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345')
  await clock.advance(30_000)
  await locked.over
  t.match(locked.answer(), /^HTTP\/1\.1 403 Forbidden\r\n/)
  t.same(taken, [])
})

t.test('what has come is not ended, however long its answer takes, nor is the next request on the line', async t => {
  const { app, clock, begin, taken } = await stage(t)
  const { socket, answer, over } = await begin('POST /usual HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345')
  while (taken.length === 0) await new Promise(resolve => { setImmediate(resolve) })
  await clock.advance(20_000)
  const next = once(app.server, 'request')
  socket.write('POST /usual HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\n')
  await next
  await clock.advance(20_000)
  socket.write('67890')
  await over
  t.equal(answer().match(/HTTP\/1\.1 200 OK/g)?.length, 2)
  t.same(taken, ['/usual 12345', '/usual 67890'])
})

t.test('heads have the usual time too, on every address', async t => {
  const { app, clock } = await appStage(t)
  await app.register(arrivalTime, { usual: 7_000, clock })
  await app.listen({ host: 'localhost', port: 0 })
  for (const server of [app.server, ...furtherServers(app)]) t.equal((server as Server).headersTimeout, 7_000)
})
