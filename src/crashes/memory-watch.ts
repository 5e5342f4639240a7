import type { Clock } from '../clock.ts'
import { MemoryCurve, type MemoryPoint } from './memory-curve.ts'

/** Processes looked at in one go: a fraction of a millisecond. */
const inOneGo = 16

export interface MemoryWatchOptions {
  /** Milliseconds between two looks at all processes. */
  interval: number
  /** Bytes that the process of a session has; `undefined`: that is not known. Takes some ten microseconds. */
  bytes: (id: string) => number | undefined
  clock: Clock
}

/** Looks at the memory of every process now and then, a few at a time, as long as there are any. */
export class MemoryWatch {
  readonly #options: MemoryWatchOptions
  readonly #curves = new Map<string, MemoryCurve>()
  #cancel: (() => void) | undefined

  constructor (options: MemoryWatchOptions) {
    this.#options = options
  }

  follow (id: string): void {
    this.#curves.set(id, new MemoryCurve())
    this.#cancel ??= this.#later()
  }

  /** Looks at one process now: many do not live until the next round. */
  look (id: string): void {
    const { bytes, clock } = this.#options
    const now = bytes(id)
    if (now !== undefined) this.#curves.get(id)?.add({ at: clock.now(), bytes: now })
  }

  /** Lets a session go, and answers its curve. */
  leave (id: string): MemoryPoint[] {
    const points = this.#curves.get(id)?.points() ?? []
    this.#curves.delete(id)
    if (this.#curves.size === 0) this.close()
    return points
  }

  /** Closing twice is nothing. */
  close (): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #later (): () => void {
    const { clock, interval } = this.#options
    return clock.after(interval, () => {
      this.#cancel = undefined
      void this.#round()
    })
  }

  /** Lets others have their turn. When it is closed meanwhile there is no going on. */
  #pause (): Promise<void> {
    return new Promise(resolve => {
      this.#cancel = this.#options.clock.after(0, () => {
        this.#cancel = undefined
        resolve()
      })
    })
  }

  async #round (): Promise<void> {
    for (const [index, id] of [...this.#curves.keys()].entries()) {
      if (index % inOneGo === inOneGo - 1) await this.#pause()
      if (this.#curves.has(id)) this.look(id)
    }
    if (this.#curves.size > 0) this.#cancel ??= this.#later()
  }
}
