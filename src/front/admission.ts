import type { Clock } from '../clock.ts'
import type { SessionView } from '../sessions/session.ts'
import type { Refusal } from '../tunnel/refusal.ts'
import type { ViewerTokens } from './viewer-token.ts'
import type { Way } from './way.ts'

export type Admitted =
  | { status: 'admitted', session: SessionView & { port: number }, rest: string, hold: Hold }
  | { status: 'refused', refusal: Refusal }

/** A seat kept for one viewer: as long as it is held, no other token gets in. */
export interface Hold {
  /** Gives the seat back. Twice is nothing. */
  release (): void
  /** Gives it back after a while, in milliseconds. */
  releaseAfter (milliseconds: number): void
}

export interface AdmissionOptions {
  tokens: ViewerTokens
  /** Whether a session's port alone lets in: not where viewers are told tokens. */
  byPort: boolean
  /** Whether stream servers keep their seat for their viewer themselves: it may come back before anybody noticed that it had gone. */
  seatsKept: boolean
  sessionOnPort: (port: number) => SessionView | undefined
  clock: Clock
}

/**
 * Who may join a session that lives already. A token lets one viewer in, until it expires; afterwards only the viewer that was there
 * comes back by it, which the stream server tells from others by a key that only those two know; one that keeps its seat so itself is asked at once. Where viewers are told no tokens, a port lets in whoever knows it, as proxies in front of the official server have always done.
 */
export class Admission {
  readonly #options: AdmissionOptions
  /** Ids of the sessions whose seat is held, each with what cancels its timer. */
  readonly #held = new Map<string, () => void>()

  constructor (options: AdmissionOptions) {
    this.#options = options
  }

  admit (way: Extract<Way, { to: 'port' | 'token' }>): Admitted {
    return way.to === 'port' ? this.#byPort(way) : this.#byToken(way)
  }

  /** Cancels every timer. */
  close (): void {
    for (const cancel of this.#held.values()) cancel()
    this.#held.clear()
  }

  #byPort ({ port, rest }: Extract<Way, { to: 'port' }>): Admitted {
    if (!this.#options.byPort) return refused('bad_token', 'Viewers get in by their tokens here')
    const session = this.#options.sessionOnPort(port)
    if (session === undefined || !takesViewers(session)) return refused('unknown_session', `There is no session on port ${port}`)
    return { status: 'admitted', session: { ...session, port }, rest, hold: noHold }
  }

  #byToken ({ token, rest }: Extract<Way, { to: 'token' }>): Admitted {
    const reading = this.#options.tokens.read(token)
    if (reading.status === 'forged') return refused('bad_token', 'The token is none of ours')
    const { id, port, status } = reading
    const session = this.#options.sessionOnPort(port)
    const known = session?.id === id && takesViewers(session)
    if (status === 'expired' && (!known || session.connectedAt === null)) return refused('token_expired', 'The token has expired; ask for another viewer')
    // The port may be another session's by now.
    if (!known) return refused('gone', 'The session has ended')
    if (this.#options.seatsKept) return { status: 'admitted', session: { ...session, port }, rest, hold: noHold }
    if (session.state === 'connected' || this.#held.has(id)) return refused('occupied', 'The session has a viewer already')
    this.#held.set(id, () => {})
    return { status: 'admitted', session: { ...session, port }, rest, hold: this.#holdOf(id) }
  }

  #holdOf (id: string): Hold {
    let held = true
    const release = () => {
      if (!held) return
      held = false
      this.#held.get(id)?.()
      this.#held.delete(id)
    }
    return { release, releaseAfter: milliseconds => { if (held) this.#held.set(id, this.#options.clock.after(milliseconds, release)) } }
  }
}

const noHold: Hold = { release () {}, releaseAfter () {} }
const takesViewers = ({ state }: SessionView) => state === 'ready' || state === 'connected' || state === 'adopted'
const refused = (code: Refusal['code'], reason: string): Admitted => ({ status: 'refused', refusal: { code, reason } })
