import type { Clock } from '../clock.ts'
import { MemoryCurve, type MemoryPoint } from './memory-curve.ts'

export interface MemoryWatchOptions {
  /** Milliseconds between two looks at all processes. */
  interval: number
  /** Bytes that the process of a session has; `undefined`: that is not known. Never rejects. */
  bytes: (id: string) => Promise<number | undefined>
  clock: Clock
}

/** Looks at the memory of every process now and then, one after the other, as long as there are any. */
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
  async look (id: string): Promise<void> {
    const { bytes, clock } = this.#options
    const now = await bytes(id)
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

  async #round (): Promise<void> {
    for (const id of [...this.#curves.keys()]) await this.look(id)
    if (this.#curves.size > 0) this.#cancel ??= this.#later()
  }
}
