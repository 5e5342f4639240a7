import type { Clock } from '../clock.ts'

/** From the click to the complete picture, in the order in which they come; `preparing` only on a model's first use, `loading` where it comes in one file, without a server to be ready. */
export const progress = ['starting', 'ready', 'open', 'preparing', 'loading', 'scene', 'first-picture', 'complete'] as const

export type Phase = typeof progress[number] | 'closed' | 'failed'

/** Which phase a viewer has reached, and how many milliseconds after the click it reached each. */
export class PhaseLog {
  readonly #clock: Clock
  readonly #clicked: number
  readonly #times = new Map<Phase, number>()
  #current: Phase = 'starting'

  constructor (clock: Clock) {
    this.#clock = clock
    this.#clicked = clock.now()
    this.#times.set('starting', 0)
  }

  get current (): Phase {
    return this.#current
  }

  /** Milliseconds from the click to the first time each reached phase was entered. */
  get times (): ReadonlyMap<Phase, number> {
    return this.#times
  }

  get ended (): boolean {
    return this.#current === 'closed' || this.#current === 'failed'
  }

  /** True when this is news. A viewer never goes back, and an ended one stays so. */
  reach (phase: Phase): boolean {
    if (this.ended || this.#times.has(phase)) return false
    const rank = progress.findIndex(each => each === phase)
    if (rank >= 0 && rank < progress.findIndex(each => each === this.#current)) return false
    this.#current = phase
    this.#times.set(phase, this.#clock.now() - this.#clicked)
    return true
  }
}
