import type { Clock } from '../clock.ts'

export type Rung = 'leave' | 'SIGTERM' | 'SIGKILL' | 'lost'
const rungs: readonly Rung[] = ['leave', 'SIGTERM', 'SIGKILL', 'lost']

/**
 * How a process is made to end: it may leave by itself, then SIGTERM, then SIGKILL, then it is given up for lost. One step takes
 * `step` milliseconds. Whoever climbs acts on each rung; the ladder only keeps the time.
 */
export class KillLadder {
  readonly #step: number
  readonly #clock: Clock
  readonly #reached: (rung: Rung) => void
  #rung = -1
  #cancel: (() => void) | undefined

  constructor (step: number, clock: Clock, reached: (rung: Rung) => void) {
    this.#step = step
    this.#clock = clock
    this.#reached = reached
  }

  /** Goes to `rung` at once unless it is already there or higher, and on from there step by step. */
  climb (rung: Exclude<Rung, 'lost'>): void {
    if (rungs.indexOf(rung) > this.#rung) this.#reach(rungs.indexOf(rung))
  }

  /** The process has ended. Calling twice is nothing; later climbs are nothing. */
  done (): void {
    this.#cancel?.()
    this.#rung = rungs.length
  }

  #reach (index: number): void {
    this.#cancel?.()
    this.#rung = index
    const rung = rungs[index]
    if (rung === undefined) return
    if (rung !== 'lost') this.#cancel = this.#clock.after(this.#step, () => { this.#reach(index + 1) })
    this.#reached(rung)
  }
}
