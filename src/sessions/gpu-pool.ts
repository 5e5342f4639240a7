/** A session's share of a GPU. Given back once; a second call is nothing. */
export interface GpuLease {
  /** Counted from 0. */
  readonly index: number
  release(): void
}

/** The GPUs that sessions render on. A GPU takes any number of sessions; the next one goes to the GPU with the fewest. */
export class GpuPool {
  readonly #sessions: number[]

  /** @param count GPUs; 0: sessions are not spread, each gets the default one */
  constructor (count: number) {
    this.#sessions = Array.from({ length: count }, () => 0)
  }

  /** The GPU with the fewest sessions, the lowest of several, or the one that is named; `undefined` where sessions are not spread, or there is no such GPU. */
  take (index = this.#sessions.indexOf(Math.min(...this.#sessions))): GpuLease | undefined {
    if (this.#sessions[index] === undefined) return undefined
    let held = true
    const count = (change: 1 | -1) => { this.#sessions[index] = (this.#sessions[index] ?? 0) + change }
    count(1)
    return {
      index,
      release () {
        if (held) count(-1)
        held = false
      }
    }
  }

  /** Sessions on each GPU, by its index. */
  counts (): readonly number[] { return [...this.#sessions] }
}
