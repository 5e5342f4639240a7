import type { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import websocket from '@fastify/websocket'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { sessionRecord } from '../src/sessions/session-record.ts'

/**
 * Our own live events: `GET /api/events` as a WebSocket tells every session when a page comes, then each change. Viewer data never goes
 * this way. `upgrades` emits the upgrade requests meant for us; the listener on the real server belongs to the WebSocket proxy.
 */
export interface LiveEventsOptions { upgrades: EventEmitter }

/** A page that reads so slowly that this much waits for it is dropped; it comes again and gets everything anew. */
const mostWaitingBytes = 1_048_576

const liveEvents: FastifyPluginAsync<LiveEventsOptions> = async (app, { upgrades }) => {
  await app.register(websocket, {
    options: { server: upgrades as Server, maxPayload: 1_024, perMessageDeflate: false },
    preClose: (done: () => void) => {
      for (const page of pages) page.close(1001, 'Slipway is shutting down')
      done()
    }
  })
  const pages = new Set<WebSocket>()
  const tell = (message: object) => {
    if (pages.size === 0) return
    const text = JSON.stringify(message)
    for (const page of pages) {
      if (page.bufferedAmount > mostWaitingBytes) page.terminate()
      else page.send(text)
    }
  }
  app.spawner.on('session', session => { tell({ type: 'session', session: sessionRecord(session) }) })
  app.spawner.on('dropped', id => { tell({ type: 'dropped', id }) })

  app.get('/api/events', { websocket: true, logLevel: 'warn', preValidation: sameOrigin }, page => {
    pages.add(page)
    page.on('close', () => pages.delete(page))
    page.on('error', () => page.terminate())
    page.send(JSON.stringify({ type: 'sessions', sessions: app.spawner.sessions().map(sessionRecord) }))
  })
}

/** Browsers let any page open a WebSocket to anywhere; ours are for our own page. Programs send no `Origin`. */
async function sameOrigin ({ headers: { origin, host } }: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)) await reply.code(403).send({ statusCode: 403, code: 'FOREIGN_ORIGIN', error: 'Forbidden', message: 'Live events are for our own page' })
}

export default liveEvents
