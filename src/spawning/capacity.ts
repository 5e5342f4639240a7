import type { LoadGate, LoadReason } from '../load/load-gate.ts'
import type { PortPool } from '../ports/port-pool.ts'
import type { SessionTable } from '../sessions/session-table.ts'

/** Why nothing can be started now: every seat is taken, as many starts as may be are under way, or the machine is too busy. */
export type Obstacle = 'no_seat' | 'too_many_starts' | LoadReason

export interface CapacityOptions {
  maxSessions: number
  /** Most stream servers that are started at a time; 0: without limit. */
  maxStarts: number
  ports: PortPool
  /** Absent: it is never too busy. */
  gate?: LoadGate
  table: SessionTable
  /** Seats that are kept for somebody. */
  held: () => number
}

/** What there is room for: seats, ports, and starts under way. */
export class Capacity {
  readonly #options: CapacityOptions
  readonly #starting = new Set<string>()

  constructor (options: CapacityOptions) {
    this.#options = options
  }

  /** Starts under way: sessions from their entry in the table until their stream server is ready, or they end before. */
  get starting (): number { return this.#starting.size }

  /** Whether every seat is taken, or kept. A process that outlived SIGKILL keeps its port, so the ports may run out before the seats do. */
  get full (): boolean {
    const { maxSessions, ports, table, held } = this.#options
    const { leased, free, resting } = ports.counts()
    if (table.alive + held() >= maxSessions || leased + held() >= ports.size) return true
    // Whoever comes back needs a port, too.
    return held() > 0 && free + resting <= ports.waiting + held()
  }

  /** Why the machine is too busy to start more; null: it is not. */
  get overload (): LoadReason | null { return this.#options.gate?.closed ?? null }

  /** Whether a request has to be turned away unless somebody makes room. */
  get cramped (): boolean {
    const { ports } = this.#options
    const { free, resting } = ports.counts()
    return this.full || free + resting <= ports.waiting
  }

  /** What stands in the way of one more start; `undefined`: nothing. @param canYield whether somebody would make room */
  obstacle (canYield: () => boolean): Obstacle | undefined {
    const { maxStarts } = this.#options
    const { overload } = this
    if (overload !== null) return overload
    if (maxStarts > 0 && this.#starting.size >= maxStarts) return 'too_many_starts'
    return this.full && !canYield() ? 'no_seat' : undefined
  }

  /** A start begins. */
  begin (id: string): void { this.#starting.add(id) }

  /** It is over, well or badly; `false`: it was before. */
  done (id: string): boolean { return this.#starting.delete(id) }
}
