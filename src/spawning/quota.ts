/** How many sessions each caller has, against the most that one may have. */
export class Quota {
  /** Most sessions of one caller at a time; 0: without limit. */
  readonly limit: number
  readonly #callers = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  constructor (limit: number) {
    this.limit = limit
  }

  /** Whether a caller who waits for so many more may have another one. */
  allows (caller: string, waiting: number): boolean {
    return this.limit === 0 || (this.#counts.get(caller) ?? 0) + waiting < this.limit
  }

  /** A session is a caller's from now on. */
  take (id: string, caller: string): void {
    this.#callers.set(id, caller)
    this.#counts.set(caller, (this.#counts.get(caller) ?? 0) + 1)
  }

  /** Whose a session is; null: nobody's. */
  callerOf (id: string): string | null { return this.#callers.get(id) ?? null }

  /** It has ended. One that is nobody's is nothing. */
  release (id: string): void {
    const caller = this.#callers.get(id)
    if (caller === undefined) return
    this.#callers.delete(id)
    const left = (this.#counts.get(caller) ?? 0) - 1
    if (left > 0) this.#counts.set(caller, left)
    else this.#counts.delete(caller)
  }
}
