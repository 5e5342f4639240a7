import type { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import websocket from '@fastify/websocket'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { WebSocket } from 'ws'
import type { Clock } from '../src/clock.ts'
import { sessionRecord } from '../src/sessions/session-record.ts'
import type { SessionView } from '../src/sessions/session.ts'

/**
 * Our own live events: `GET /api/events` as a WebSocket tells every session when a page comes, then each change, and when models come or go.
 * Viewer data never goes this way. `upgrades` emits the upgrade requests meant for us; the listener on the real server belongs to the WebSocket proxy.
 */
export interface LiveEventsOptions {
  upgrades: EventEmitter
  clock: Clock
}

/** A page that reads so slowly that this much waits for it is dropped; it comes again and gets everything anew. */
const mostWaitingBytes = 1_048_576

/** Milliseconds a page has to answer our goodbye: a sleeping laptop never does. */
const farewell = 1_000

const liveEvents: FastifyPluginAsync<LiveEventsOptions> = async (app, { upgrades, clock }) => {
  await app.register(websocket, {
    options: { server: upgrades as Server, maxPayload: 1_024, perMessageDeflate: false },
    preClose: (done: () => void) => {
      for (const page of pages) {
        page.close(1001, 'Slipway is shutting down')
        page.once('close', clock.after(farewell, () => { page.terminate() }))
      }
      done()
    }
  })
  const pages = new Set<WebSocket>()
  const tell = (message: () => object) => {
    if (pages.size === 0) return
    const text = JSON.stringify(message())
    for (const page of pages) {
      if (page.bufferedAmount > mostWaitingBytes) page.terminate()
      else page.send(text)
    }
  }
  for (const event of ['session', 'named'] as const) app.spawner.on(event, (session: SessionView) => { tell(() => ({ type: 'session', session: sessionRecord(session) })) })
  app.spawner.on('dropped', id => { tell(() => ({ type: 'dropped', id })) })
  app.modelList.on('changed', () => { tell(() => ({ type: 'models' })) })

  app.get('/api/events', { websocket: true, logLevel: 'warn' }, page => {
    pages.add(page)
    page.on('close', () => pages.delete(page))
    page.on('error', () => page.terminate())
    page.send(JSON.stringify({ type: 'sessions', sessions: app.spawner.sessions().map(sessionRecord) }))
  })
}

export default fp(liveEvents, { name: 'live-events', dependencies: ['models', 'spawner'], encapsulate: true })
