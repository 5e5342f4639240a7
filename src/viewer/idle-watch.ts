import type { Clock } from '../clock.ts'

export interface IdleListener {
  /** Once a second while the end is near. */
  near (secondsLeft: number): void
  /** Somebody did something after all. */
  averted (): void
  over (): void
}

const second = 1000

/** Notices that nobody does anything, warns, and says when it is over. */
export class IdleWatch {
  readonly #clock: Clock
  readonly #allowed: number
  readonly #warning: number
  readonly #listener: IdleListener
  #until = Infinity
  #near = false
  #cancel = (): void => {}

  /** `allowed` is how long nothing may happen, `warning` how long before that end it warns, both in milliseconds; `allowed` 0 is for ever. */
  constructor (clock: Clock, allowed: number, warning: number, listener: IdleListener) {
    this.#clock = clock
    this.#allowed = allowed
    this.#warning = Math.min(warning, allowed)
    this.#listener = listener
  }

  /** Somebody did something, or begins to. Cheap enough for every movement of a pointer. */
  touch (): void {
    if (this.#allowed === 0) return
    const watching = this.#until !== Infinity
    this.#until = this.#clock.now() + this.#allowed
    if (watching && !this.#near) return
    if (this.#near) {
      this.#near = false
      this.#listener.averted()
    }
    this.#wait(this.#allowed - this.#warning)
  }

  /** Watches no longer, until the next `touch`. */
  close (): void {
    this.#cancel()
    this.#until = Infinity
    this.#near = false
  }

  #wait (milliseconds: number): void {
    this.#cancel()
    this.#cancel = this.#clock.after(milliseconds, () => { this.#look() })
  }

  #look (): void {
    const left = this.#until - this.#clock.now()
    if (left <= 0) {
      this.close()
      this.#listener.over()
    } else if (left > this.#warning) {
      this.#wait(left - this.#warning)
    } else {
      this.#near = true
      this.#listener.near(Math.ceil(left / second))
      this.#wait(Math.min(left, second))
    }
  }
}
