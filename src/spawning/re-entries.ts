import type { Clock } from '../clock.ts'
import type { Reason } from '../sessions/reasons.ts'
import type { Session } from '../sessions/session.ts'

/** Ends after which whoever had the session may want its seat back: the viewer dropped, or the stream server did. Nobody has decided that it is over. */
const drops: ReadonlySet<Reason> = new Set(['client_closed', 'exited', 'crashed', 'killed_by_signal', 'ping_timeout', 'owner_lost'])

export interface ReEntriesOptions {
  /** Milliseconds for which a seat is kept; 0: none is. */
  hold: number
  /** Most seats that are kept for one caller at a time: whoever drops again and again keeps others out by them. */
  mostPerCaller: number
  clock: Clock
  /** A seat is not kept any more, and nobody came for it. */
  freed: () => void
}

interface Ticket { token: string, caller: string }

/** Seats of sessions that have ended, kept for a while for whoever had them: each by a token that is good once. */
export class ReEntries {
  readonly #options: ReEntriesOptions
  /** Ids of sessions by the token of whoever has them, and the other way round. */
  readonly #sessions = new Map<string, string>()
  readonly #tickets = new Map<string, Ticket>()
  /** Sessions that are ended for whoever is back already. */
  readonly #expected = new Set<string>()
  /** By the ids of sessions that have ended: until when their seat is kept, and what cancels that. */
  readonly #held = new Map<string, { until: number, cancel: () => void }>()

  constructor (options: ReEntriesOptions) {
    this.#options = options
  }

  /** Seats that are kept. */
  get held (): number { return this.#held.size }

  /** Milliseconds until each of them is kept no more. */
  get ends (): number[] { return Array.from(this.#held.values(), ({ until }) => until - this.#options.clock.now()) }

  /** Seats that are kept for a caller. */
  heldFor (caller: string): number {
    let count = 0
    for (const id of this.#held.keys()) if (this.#tickets.get(id)?.caller === caller) count++
    return count
  }

  /** Whoever has this session comes back by this token. */
  issue (id: string, ticket: Ticket): void {
    if (this.#options.hold === 0) return
    this.#sessions.set(ticket.token, id)
    this.#tickets.set(id, ticket)
  }

  /** By what whoever has this session comes back; `undefined`: nobody does. */
  ticketOf (id: string): Readonly<Ticket> | undefined { return this.#tickets.get(id) }

  /** The session that a token is good for: it lives, or its seat is kept; `undefined`: none. */
  find (token: string): string | undefined { return this.#sessions.get(token) }

  /** Whoever had this session is back, and it is ended for that: its seat is kept until then. */
  expect (id: string): void {
    if (!this.#held.has(id)) this.#expected.add(id)
  }

  /** A session has ended: its seat is kept where its token was told and its viewer may want it. */
  parted ({ id, reason, endedBy, entered }: Pick<Session, 'id' | 'reason' | 'endedBy' | 'entered'>): void {
    const ticket = this.#tickets.get(id)
    if (ticket === undefined) return
    const { hold, mostPerCaller, clock, freed } = this.#options
    // A caller who hung up was told no token.
    const dropped = reason !== null && drops.has(reason) && endedBy !== 'caller' && entered.ready !== undefined && this.heldFor(ticket.caller) < mostPerCaller
    if (!this.#expected.delete(id) && !dropped) return this.#forget(id)
    const cancel = clock.after(hold, () => {
      this.#forget(id)
      freed()
    })
    this.#held.set(id, { until: clock.now() + hold, cancel })
  }

  /** Whoever had it is back and takes the seat in this very moment: the token is used up. */
  arrive (id: string): void { this.#forget(id) }

  /** No seat is kept any more. */
  close (): void {
    for (const id of this.#held.keys()) this.#forget(id)
  }

  #forget (id: string): void {
    this.#held.get(id)?.cancel()
    this.#held.delete(id)
    this.#expected.delete(id)
    this.#sessions.delete(this.#tickets.get(id)?.token ?? '')
    this.#tickets.delete(id)
  }
}
