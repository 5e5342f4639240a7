import type { Clock } from '../clock.ts'
import type { ClientMessage } from '../stream-server/protocol.ts'
import { allMarks, marksBetween } from './marks.ts'

const intervalMilliseconds = 100

/** Tells a stream server that sends geometry what is hidden and how far the model is taken apart, as far as it changed, at most ten times a second. */
export class ArrangementFeed {
  readonly #clock: Clock
  readonly #send: (message: ClientMessage) => void
  readonly #told: () => void
  #hidden: ReadonlySet<number> = new Set()
  #explosion = 0
  /** As the server knows them. */
  #known: { hidden: ReadonlySet<number>, explosion: number } = { hidden: new Set(), explosion: 0 }
  #sentAt = -Infinity
  #waiting = false
  #cancel = (): void => {}

  /** `told` is called after everything was told: what the server has to say of the picture before it is out of date. */
  constructor (clock: Clock, send: (message: ClientMessage) => void, told: () => void) {
    this.#clock = clock
    this.#send = send
    this.#told = told
  }

  /** True when the server knows all. */
  get settled (): boolean {
    return !this.#waiting
  }

  hide (hidden: ReadonlySet<number>): void {
    this.#hidden = hidden
    this.#changed()
  }

  explode (factor: number): void {
    if (factor === this.#explosion) return
    this.#explosion = factor
    this.#changed()
  }

  /** Says everything once more, to a server that may not have heard all of it. Tells nobody: the camera is to follow. */
  repeat (): void {
    this.close()
    for (const message of allMarks('hidden', this.#hidden)) this.#send(message)
    this.#style()
    this.#known = { hidden: new Set(this.#hidden), explosion: this.#explosion }
  }

  /** Forgets what waits. */
  close (): void {
    this.#cancel()
    this.#waiting = false
  }

  #changed (): void {
    if (this.#waiting) return
    this.#waiting = true
    const due = this.#sentAt + intervalMilliseconds - this.#clock.now()
    if (due <= 0) this.#flush()
    else this.#cancel = this.#clock.after(due, () => { this.#flush() })
  }

  #flush (): void {
    this.#waiting = false
    this.#sentAt = this.#clock.now()
    for (const message of marksBetween('hidden', this.#known.hidden, this.#hidden)) this.#send(message)
    if (this.#explosion !== this.#known.explosion) this.#style()
    this.#known = { hidden: new Set(this.#hidden), explosion: this.#explosion }
    this.#told()
  }

  #style (): void {
    this.#send({ type: 'style', ghosts: false, edges: false, explosion: this.#explosion, section: null })
  }
}
