import { once } from 'node:events'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import type { SessionRecord } from '../../../src/sessions/session-record.ts'
import { within, type Slipway } from '../../fixtures/slipway.ts'

type Told = { type: 'sessions', sessions: SessionRecord[] } | { type: 'session', session: SessionRecord } | { type: 'dropped', id: string }

/** Everything a service told on `/api/events` since the feed was opened. */
export class SessionFeed {
  readonly history: SessionRecord[] = []
  readonly #socket: WebSocket
  readonly #looks = new Set<() => void>()

  private constructor (socket: WebSocket) {
    this.#socket = socket
    socket.on('message', data => {
      const told = JSON.parse(String(data)) as Told
      if (told.type === 'sessions') this.history.push(...told.sessions)
      if (told.type === 'session') this.history.push(told.session)
      for (const look of [...this.#looks]) look()
    })
    socket.on('error', () => {})
  }

  static async open (t: Test, { port }: Slipway): Promise<SessionFeed> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/events`)
    const feed = new SessionFeed(socket)
    t.teardown(() => { socket.terminate() })
    await once(socket, 'message')
    return feed
  }

  /** The first record that fits, told before or after the call. */
  async until (what: string, fits: (record: SessionRecord) => boolean): Promise<SessionRecord> {
    let stop = () => {}
    const found = new Promise<SessionRecord>((resolve, reject) => {
      const look = () => {
        const record = this.history.find(fits)
        if (record !== undefined) resolve(record)
      }
      const fail = () => { reject(new Error(`the feed closed before ${what}`)) }
      stop = () => {
        this.#looks.delete(look)
        this.#socket.off('close', fail)
      }
      this.#looks.add(look)
      this.#socket.once('close', fail)
      look()
    })
    try {
      return await within(found, () => `never ${what}: ${JSON.stringify(this.history)}`)
    } finally {
      stop()
    }
  }

  /** The record of a session once it is over. */
  async end (id: string): Promise<SessionRecord> {
    return await this.until(`the end of ${id}`, record => record.id === id && record.endedAt !== null)
  }

  async state (id: string, state: SessionRecord['state']): Promise<SessionRecord> {
    return await this.until(`${id} ${state}`, record => record.id === id && record.state === state)
  }

  /** The states one session went through. */
  states (id: string): string[] {
    return this.history.filter(record => record.id === id).map(record => record.state)
  }
}
