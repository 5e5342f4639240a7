import { isTerminal, states, type State } from './transitions.ts'
import type { Renderer, Session } from './session.ts'

/** Most records of ended sessions kept, whatever their age. */
const maxEnded = 1_000

/** All sessions the service knows: those alive, and the records of those that ended a while ago. */
export class SessionTable {
  readonly #sessions = new Map<string, Session>()
  #alive = 0

  /** Sessions that have not ended. */
  get alive (): number { return this.#alive }

  add (session: Session): void {
    this.#sessions.set(session.id, session)
    this.#alive++
  }

  get (id: string): Session | undefined { return this.#sessions.get(id) }

  /** The living session on a port, if there is one. */
  onPort (port: number): Session | undefined {
    for (const session of this.#sessions.values()) if (!session.over && session.lease?.port === port) return session
    return undefined
  }

  /** To be called once when a session has ended. Answers the record that ended first, if it is one too many and now forgotten. */
  ended (session: Session): Session | undefined {
    this.#alive--
    // Records stand in the order of their end.
    this.#sessions.delete(session.id)
    this.#sessions.set(session.id, session)
    if (this.#sessions.size - this.#alive <= maxEnded) return undefined
    for (const oldest of this.#sessions.values()) {
      if (oldest.over) {
        this.#sessions.delete(oldest.id)
        return oldest
      }
    }
    return undefined
  }

  /** Forgets the record of an ended session; `false` when there is none. */
  forget (id: string): boolean {
    return this.#sessions.get(id)?.over === true && this.#sessions.delete(id)
  }

  /** Those alive in the order they came, the records in the order they ended. */
  all (): IterableIterator<Session> { return this.#sessions.values() }

  /** How many sessions are in each living state, by renderer; and how many processes were given up for lost. */
  census (): Record<Renderer, Record<State, number>> {
    const zero = () => Object.fromEntries(states.map(state => [state, 0])) as Record<State, number>
    const counts = { csr: zero(), ssr: zero() }
    for (const session of this.#sessions.values()) counts[session.order.renderer][session.state]++
    return counts
  }

  /** Sessions alive, in the order they came. */
  * living (): Generator<Session> {
    for (const session of this.#sessions.values()) if (!isTerminal(session.state)) yield session
  }
}
