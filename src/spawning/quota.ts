/** How many sessions each caller has, against the most that one may have. */
export class Quota {
  /** Most sessions of one caller at a time; 0: without limit. */
  readonly limit: number
  readonly #callers = new Map<string, string>()
  readonly #own = new Map<string, Set<string>>()

  constructor (limit: number) {
    this.limit = limit
  }

  /** Whether a caller who waits for so many more may have another one. */
  allows (caller: string, waiting: number): boolean {
    return this.limit === 0 || this.sessionsOf(caller).size + waiting < this.limit
  }

  /** A session is a caller's from now on. */
  take (id: string, caller: string): void {
    this.#callers.set(id, caller)
    const own = this.#own.get(caller) ?? new Set()
    this.#own.set(caller, own.add(id))
  }

  /** Ids of the sessions that count for a caller. */
  sessionsOf (caller: string): ReadonlySet<string> { return this.#own.get(caller) ?? none }

  /** Whose a session is; null: nobody's. */
  callerOf (id: string): string | null { return this.#callers.get(id) ?? null }

  /** It has ended, or is about to and its caller can do no more about it. One that is nobody's is nothing. */
  release (id: string): void {
    const caller = this.#callers.get(id)
    if (caller === undefined) return
    this.#callers.delete(id)
    const own = this.#own.get(caller)
    own?.delete(id)
    if (own?.size === 0) this.#own.delete(caller)
  }
}

const none: ReadonlySet<string> = new Set()
