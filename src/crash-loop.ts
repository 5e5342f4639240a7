import type { Clock } from './clock.ts'

/** So many deaths within the window are a crash loop: each new process then waits for the pause. One that dies now and then is replaced at once. */
const DEATHS = 3
const WINDOW_MILLISECONDS = 10_000
const PAUSE_MILLISECONDS = 1000

/** Keeps a process next door that cannot live from being started over and over without a breath. */
export class CrashLoop {
  readonly #clock: Clock
  #deaths: number[] = []
  #cut = () => {}

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** Call at each death; resolves when another process may be started. */
  pause (): Promise<void> {
    const now = this.#clock.now()
    this.#deaths = [...this.#deaths.filter(death => now - death < WINDOW_MILLISECONDS), now]
    if (this.#deaths.length < DEATHS) return Promise.resolve()
    return new Promise(resolve => {
      const cancel = this.#clock.after(PAUSE_MILLISECONDS, resolve)
      this.#cut = () => {
        cancel()
        resolve()
      }
    })
  }

  /** Ends a pause that lasts: nobody waits for another process any more. */
  close (): void {
    this.#cut()
  }
}
