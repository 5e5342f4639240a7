import type { Clock } from '../clock.ts'

/** Milliseconds a half-closed tunnel may go without moving a byte. */
const lingerTime = 30_000

/** A half-closed tunnel lives as long as bytes move; a peer that never says its FIN keeps nothing open. */
export class Linger {
  readonly #clock: Clock
  readonly #moved: () => number
  readonly #expire: () => void
  #cancel = (): void => {}

  /**
   * @param moved bytes moved so far, both ways
   * @param expire called once, when none have moved for half a minute
   */
  constructor (clock: Clock, moved: () => number, expire: () => void) {
    this.#clock = clock
    this.#moved = moved
    this.#expire = expire
  }

  /** From now on, or anew. */
  begin (): void {
    this.#cancel()
    const moved = this.#moved()
    this.#cancel = this.#clock.after(lingerTime, () => {
      if (this.#moved() > moved) this.begin()
      else this.#expire()
    })
  }

  /** Calling it again is nothing. */
  cancel (): void {
    this.#cancel()
  }
}
