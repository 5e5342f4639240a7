import type { Clock } from '../clock.ts'
import type { Reason } from '../sessions/reasons.ts'
import type { Session } from '../sessions/session.ts'

/** Ends after which whoever had the session may want its seat back: the viewer dropped, or the stream server did. Nobody has decided that it is over. */
const drops: ReadonlySet<Reason> = new Set(['client_closed', 'exited', 'crashed', 'killed_by_signal', 'ping_timeout', 'owner_lost'])

export interface ReEntriesOptions {
  /** Milliseconds for which a seat is kept; 0: none is. */
  hold: number
  clock: Clock
  /** A seat is not kept any more, and nobody came for it. */
  freed: () => void
}

/** Seats of sessions that have ended, kept for a while for whoever had them: each by a token that is good once. */
export class ReEntries {
  readonly #options: ReEntriesOptions
  /** Ids of sessions by the token of whoever has them, and the other way round. */
  readonly #sessions = new Map<string, string>()
  readonly #tokens = new Map<string, string>()
  /** By the ids of sessions that have ended: what cancels the end of their seat's time. */
  readonly #held = new Map<string, () => void>()

  constructor (options: ReEntriesOptions) {
    this.#options = options
  }

  /** Seats that are kept. */
  get held (): number { return this.#held.size }

  /** Whoever has this session comes back by this token. */
  issue (id: string, token: string): void {
    if (this.#options.hold === 0) return
    this.#sessions.set(token, id)
    this.#tokens.set(id, token)
  }

  /** The session that a token is good for: it lives, or its seat is kept; `undefined`: none. */
  find (token: string): string | undefined { return this.#sessions.get(token) }

  /** A session has ended: its seat is kept where its token was told and its viewer may want it. */
  parted ({ id, reason, entered }: Pick<Session, 'id' | 'reason' | 'entered'>): void {
    if (!this.#tokens.has(id)) return
    if (reason === null || !drops.has(reason) || entered.ready === undefined) return this.#forget(id)
    this.#held.set(id, this.#options.clock.after(this.#options.hold, () => {
      this.#forget(id)
      this.#options.freed()
    }))
  }

  /** Whoever had it is back and takes the seat in this very moment: the token is used up. */
  arrive (id: string): void { this.#forget(id) }

  /** No seat is kept any more. */
  close (): void {
    for (const id of this.#held.keys()) this.#forget(id)
  }

  #forget (id: string): void {
    this.#held.get(id)?.()
    this.#held.delete(id)
    this.#sessions.delete(this.#tokens.get(id) ?? '')
    this.#tokens.delete(id)
  }
}
