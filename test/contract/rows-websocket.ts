import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { WebSocket } from 'ws'
import { comesTrue } from '../fixtures/slipway.ts'
import { ask, enter, greeted, refused, socketUrl, visit, type Row, type Target } from './contract.ts'

/** Bytes sent to the service, and what comes back until it hangs up. */
async function raw ({ url }: Target, text: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(text)
  let heard = ''
  for await (const chunk of socket) heard += String(chunk)
  return heard
}

/** The WebSocket way: section 2. */
export const websocketRows: readonly Row[] = [
  {
    section: '2',
    title: 'an upgrade on any path starts a stream server of its own',
    official: 'any path, always on',
    verdict: 'different',
    why: 'any path but those below `/api/`, `/wsproxy/` and `/s/`, which are ours: live events, and sessions that are there already',
    check: async (t, target) => {
      for (const path of ['', '/', '/any/path', '?renderingLocation=csr']) await visit(socketUrl(target) + path)
      t.pass('each was let in')
    }
  },
  {
    section: '2',
    title: 'path and query reach the stream server as they are',
    official: 'kept and forwarded',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      t.equal((await greeted(`${socketUrl(target)}/any/hello?renderingLocation=csr&x=%20y`)).path, '/any/hello?renderingLocation=csr&x=%20y')
    }
  },
  {
    section: '2',
    title: 'the sub-protocol binary is passed through, and none where none is asked for',
    official: 'relayed',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      t.equal((await greeted(`${socketUrl(target)}/hello`, ['binary'])).protocol, 'binary')
      t.equal((await greeted(`${socketUrl(target)}/hello`)).protocol, null)
    }
  },
  {
    section: '2',
    title: 'renderingLocation=ssr asks for server rendering, anything else for client rendering',
    official: 'the only parameter read',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      for (const [query, renderer] of [['?renderingLocation=ssr', 'ssr'], ['?renderingLocation=other', 'csr'], ['', 'csr'], ['?model=engine&sessionToken=x', 'csr']] as const) {
        await settled(target)
        const viewer = await enter(socketUrl(target) + '/' + query)
        const { body } = await ask(target, 'GET', '/api/spawns')
        const [spawn] = body['spawns'] as Array<{ id: string, state: string }>
        t.match((await ask(target, 'GET', `/api/spawns/${spawn?.id}`)).body, { renderer, model: null, via: 'proxy' })
        viewer.close()
        await once(viewer, 'close')
      }
    }
  },
  {
    section: '2',
    title: 'text and binary messages pass both ways',
    official: 'both',
    verdict: 'same',
    own: true,
    check: async (t, target) => {
      const viewer = await enter(socketUrl(target))
      for (const message of ['text', Buffer.of(0, 255, 7)]) {
        viewer.send(message)
        const [echo, isBinary] = await once(viewer, 'message') as [Buffer, boolean]
        t.same([echo, isBinary], [Buffer.from(message), typeof message !== 'string'])
      }
      viewer.close()
      await once(viewer, 'close')
    }
  },
  {
    section: '2',
    title: 'an upgrade to anything but websocket',
    official: '400, ended without headers',
    verdict: 'better',
    why: '400 as a well-formed answer with a body',
    check: async (t, target) => {
      const answer = await raw(target, `GET / HTTP/1.1\r\nHost: ${new URL(target.url).host}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`)
      t.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n(.+\r\n)+\r\n\{/)
    }
  },
  {
    section: '2',
    title: 'a viewer that cannot be served by WebSocket is told why',
    official: 'a bare status line without headers, which no client can read',
    verdict: 'better',
    why: 'a well-formed answer with the words of section 1.4; browsers, which could not read it, get a close code and reason',
    own: true,
    check: async (t, target) => {
      const limited = await target.start(t, { ssrEnabled: false }, { SLIPWAY_MAX_SESSIONS: '1' })
      t.match(await refused(`${socketUrl(limited)}/?renderingLocation=ssr`), { status: 403, body: { reason: 'Invalid rendering location' } })
      const viewer = await enter(socketUrl(limited))
      t.match(await refused(socketUrl(limited)), { status: 503, body: { reason: 'No ports available' } })
      const page = new WebSocket(socketUrl(limited), { headers: { origin: limited.url } })
      const [code, reason] = await once(page, 'close') as [number, Buffer]
      t.equal(code, 1013)
      t.match(String(reason), 'No ports available')
      viewer.close()
      await once(viewer, 'close')
    }
  },
  {
    section: '2',
    title: 'a stream server that ends with code 0 before it is ready, and its viewer',
    official: 'the viewer waits for ever',
    verdict: 'better',
    why: 'it is told, as after any other failure',
    own: true,
    check: async (t, target) => {
      const leaving = await target.start(t)
      writeFileSync(leaving.slipway.streamServer, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
      t.match(await refused(socketUrl(leaving)), { status: 500, body: { reason: /reason='success', exit-code=0/ } })
    }
  },
  {
    section: '2',
    title: 'a viewer that resets its connection while it waits',
    official: 'ends the whole server',
    verdict: 'better',
    why: 'its start is cancelled, nothing else happens',
    own: true,
    check: async (t, target) => {
      const { port } = new URL(target.url)
      const viewer = connect(Number(port), '127.0.0.1')
      await once(viewer, 'connect')
      viewer.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`)
      await target.slipway?.waitForLog(/session queued > starting/)
      viewer.resetAndDestroy()
      await settled(target)
      t.equal((await ask(target, 'GET', '/api/status')).status, 200)
    }
  }
]

/** Resolves when no stream server is left. */
async function settled (target: Target): Promise<void> {
  await comesTrue('no stream server is left', async () => (await ask(target, 'GET', '/api/status')).body['usedSpawnPorts'] === 0)
}
