import { EventEmitter } from 'node:events'
import type { Clock } from '../clock.ts'
import type { PortProbe } from './port-probe.ts'

/** A port in somebody's hands. It is given back by exactly one of the two; a second call is nothing. */
export interface PortLease {
  readonly port: number
  /** Back to the pool, after its rest. */
  release(): void
  /** Somebody outside holds the port: leave it alone for a while. */
  block(why: string): void
}

export interface PortPoolOptions {
  /** First port of the range. */
  begin: number
  /** Ports in the range, from 1. */
  count: number
  /** How long a freed port rests before it is given out again, in milliseconds. */
  rest: number
  /** How long a blocked port is left alone, in milliseconds. */
  retry: number
  probe: PortProbe
  clock: Clock
}

export type PortPoolEvents = {
  /** A port is in nobody's hands any more, or one that was blocked may be tried again. */
  returned: [{ port: number }]
  blocked: [{ port: number, why: string }]
  /** A port that was blocked passed its bind test. */
  unblocked: [{ port: number }]
}

export interface PortCounts { free: number, leased: number, resting: number, blocked: number }

/**
 * The ports of the stream servers. Every port is at every moment in exactly one of four places: free, leased, resting or blocked;
 * it leaves `free` first-in first-out, and a bind test comes before each lease.
 */
export class PortPool extends EventEmitter<PortPoolEvents> {
  readonly #options: PortPoolOptions
  readonly #free: number[]
  readonly #leased = new Set<number>()
  /** Port → the time it may be used again; both in order of insertion, which is the order of time. */
  readonly #resting = new Map<number, number>()
  readonly #blocked = new Map<number, number>()
  readonly #suspect = new Set<number>()
  /** Wakes those who wait for a resting port, in the order they came. */
  readonly #waiting: Array<() => void> = []
  #cancelTimer: (() => void) | undefined
  /** Cancel the timers of blocked ports. */
  readonly #retries = new Set<() => void>()
  #closed = false

  constructor (options: PortPoolOptions) {
    super()
    this.#options = options
    this.#free = Array.from({ length: options.count }, (_, index) => options.begin + index)
  }

  /** Ports in the range. */
  get size (): number { return this.#options.count }

  /** Requests that wait for a port to come free. */
  get waiting (): number { return this.#waiting.length }

  counts (): PortCounts {
    this.#wake()
    return { free: this.#free.length, leased: this.#leased.size, resting: this.#resting.size, blocked: this.#blocked.size }
  }

  /**
   * Leases a port. Waits, first come first served, while the only ports left are resting; answers `undefined` at once when there
   * is none to wait for (all leased or blocked), and as soon as `signal` is aborted or the pool is closed.
   */
  async take (signal: AbortSignal): Promise<PortLease | undefined> {
    if (this.#waiting.length > 0) await this.#turn(signal)
    while (!signal.aborted && !this.#closed) {
      this.#wake()
      const port = this.#free.shift()
      if (port === undefined) {
        if (this.#resting.size === 0) return undefined
        await this.#turn(signal)
        continue
      }
      this.#leased.add(port)
      const answer = await this.#options.probe(port)
      if (answer.status === 'taken') {
        this.#block(port, answer.why)
        continue
      }
      if (this.#suspect.delete(port)) this.emit('unblocked', { port })
      // Those behind may have nothing to wait for any more.
      if (this.#waiting.length > 0) this.#serve()
      return this.#lease(port)
    }
    // Whoever leaves with empty hands may have been woken for a port: the next one gets it.
    if (!this.#closed) this.#serve()
    return undefined
  }

  /** Leases a port that is in use already by whoever it is for. One outside of the range belongs to nobody afterwards. */
  claim (port: number): PortLease {
    const at = this.#free.indexOf(port)
    if (at === -1) return { port, release: () => {}, block: () => {} }
    this.#free.splice(at, 1)
    this.#leased.add(port)
    return this.#lease(port)
  }

  /** Sends everybody who waits away and stops the timer. Leases stay valid; closing twice is nothing. */
  close (): void {
    this.#closed = true
    this.#cancelTimer?.()
    for (const cancel of this.#retries) cancel()
    this.#retries.clear()
    for (const wake of this.#waiting.splice(0)) wake()
  }

  #lease (port: number): PortLease {
    let held = true
    const giveBack = (action: () => void) => {
      if (!held) return
      held = false
      action()
    }
    return {
      port,
      release: () => {
        giveBack(() => {
          this.#leased.delete(port)
          this.#resting.set(port, this.#options.clock.now() + this.#options.rest)
          this.#serve()
          this.emit('returned', { port })
        })
      },
      block: why => { giveBack(() => { this.#block(port, why) }) }
    }
  }

  #block (port: number, why: string): void {
    const { clock, retry } = this.#options
    this.#leased.delete(port)
    this.#blocked.set(port, clock.now() + retry)
    this.#suspect.add(port)
    this.emit('blocked', { port, why })
    this.#serve()
    this.emit('returned', { port })
    if (this.#closed) return
    const cancel = clock.after(retry, () => {
      this.#retries.delete(cancel)
      this.#serve()
      this.emit('returned', { port })
    })
    this.#retries.add(cancel)
  }

  /** Resolves when it is the caller's turn to look again, or when `signal` is aborted. */
  #turn (signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise(resolve => {
      const wake = () => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(wake), 1)
        resolve()
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.push(wake)
      this.#serve()
    })
  }

  /** Wakes one waiter per free port (all of them when nothing is left to wait for) and sets the timer for the next rest that ends. */
  #serve (): void {
    this.#wake()
    const hopeless = this.#free.length === 0 && this.#resting.size === 0
    for (const wake of this.#waiting.splice(0, hopeless ? Infinity : this.#free.length)) wake()
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const next = this.#resting.values().next().value
    if (this.#waiting.length > 0 && next !== undefined) {
      this.#cancelTimer = this.#options.clock.after(next - this.#options.clock.now(), () => { this.#serve() })
    }
  }

  /** Moves to `free` what has rested, and what was blocked long enough to be tried again. */
  #wake (): void {
    const now = this.#options.clock.now()
    for (const place of [this.#resting, this.#blocked]) {
      for (const [port, until] of place) {
        if (until > now) break
        place.delete(port)
        this.#free.push(port)
      }
    }
  }
}
