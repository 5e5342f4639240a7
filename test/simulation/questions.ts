import type { VirtualClock } from './virtual-clock.ts'

/** Milliseconds the machine takes at most to answer, while the process does not stand still. */
const slowest = 900

/** One thing the domain has asked of the machine and waits for. */
interface Question<T> { about: number, asked: number, answer: (value: T) => void }

/** What was asked and is not answered yet: the schedule says when, and in which order. */
export class Questions<T> {
  readonly #open: Array<Question<T>> = []
  readonly #clock: VirtualClock

  constructor (clock: VirtualClock) {
    this.#clock = clock
  }

  get size (): number { return this.#open.length }

  ask (about: number): Promise<T> {
    return new Promise(resolve => { this.#open.push({ about, asked: this.#clock.now(), answer: resolve }) })
  }

  /** Whether something is asked about it just now. */
  isOpen (about: number): boolean { return this.#open.some(question => question.about === about) }

  /** Until when time may pass before one must be answered: the machine is slow, but it answers. */
  get patience (): number {
    const oldest = this.#open[0]
    return oldest === undefined ? Infinity : oldest.asked + slowest
  }

  about (index: number): number | undefined { return this.#open[index]?.about }

  answer (index: number, value: T): void {
    this.#open.splice(index, 1)[0]?.answer(value)
  }
}
