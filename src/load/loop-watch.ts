import type { Clock } from '../clock.ts'

/** Milliseconds from look to look. */
const every = 500

export interface LoopWatchOptions {
  clock: Clock
  /** The whole process stood still for about so many milliseconds. */
  stalled: (milliseconds: number) => void
}

/** Milliseconds of standing still that are told. */
export const stall = 1_000

/** Notices by a timer of its own how late everything runs. While the process stands still nobody can tell; it is told afterwards. */
export class LoopWatch {
  readonly #options: LoopWatchOptions
  #latest = 0
  #cancel: () => void

  constructor (options: LoopWatchOptions) {
    this.#options = options
    this.#cancel = this.#wait()
  }

  /** Milliseconds by which a timer was late at most, since this was asked last. */
  delay (): number {
    const latest = this.#latest
    this.#latest = 0
    return latest
  }

  /** Twice is nothing. */
  close (): void { this.#cancel() }

  #wait (): () => void {
    const { clock, stalled } = this.#options
    const due = clock.now() + every
    return clock.after(every, () => {
      const late = Math.max(0, clock.now() - due)
      this.#latest = Math.max(this.#latest, late)
      if (late >= stall) stalled(late)
      this.#cancel = this.#wait()
    })
  }
}
