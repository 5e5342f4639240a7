import type { Clock } from '../../src/clock.ts'

interface Timer { due: number, action: () => void }

/**
 * A clock whose time passes only when a schedule says so: to the next timer, or in a jump during which nothing runs, as when the whole
 * process stands still. `awake` leaves such jumps out.
 */
export class VirtualClock implements Clock {
  #now = 1_000_000
  #jumped = 0
  #jumps = 0
  /** In the order they were set. */
  readonly #timers: Timer[] = []

  now (): number { return this.#now }

  after (milliseconds: number, action: () => void): () => void {
    const timer = { due: this.#now + Math.max(0, milliseconds), action }
    this.#timers.push(timer)
    return () => { this.#remove(timer) }
  }

  /** Milliseconds passed in which timers ran. */
  get awake (): number { return this.#now - this.#jumped }
  get jumps (): number { return this.#jumps }
  /** Timers set and neither run nor cancelled. */
  get pending (): number { return this.#timers.length }
  /** Whether a timer should have run by now. */
  get late (): boolean { return this.#timers.some(({ due }) => due <= this.#now) }

  jump (milliseconds: number): void {
    this.#now += milliseconds
    this.#jumped += milliseconds
    this.#jumps++
  }

  /** Lets time pass until the next timer and runs it; `false` when there is none, or none until then. */
  runNext (until = Infinity): boolean {
    let next: Timer | undefined
    for (const timer of this.#timers) if (next === undefined || timer.due < next.due) next = timer
    if (next === undefined || (next.due > until && next.due > this.#now)) return false
    this.#remove(next)
    this.#now = Math.max(this.#now, next.due)
    next.action()
    return true
  }

  /** Lets time pass, at most until the next timer, and runs nothing. */
  idle (milliseconds: number): void {
    let until = this.#now + milliseconds
    for (const { due } of this.#timers) until = Math.min(until, due)
    this.#now = Math.max(this.#now, until)
  }

  #remove (timer: Timer): void {
    const index = this.#timers.indexOf(timer)
    if (index >= 0) this.#timers.splice(index, 1)
  }
}
