import { EventEmitter } from 'node:events'

/** Why the gate is closed: one word per measure, the same in answers, metrics, status and docs. */
export const loadReasons = ['memory_low', 'cpu_busy', 'event_loop_slow'] as const
export type LoadReason = typeof loadReasons[number]

/** How busy the machine is. `null`: the system does not tell, and what is not known keeps nobody out. */
export interface Readings {
  /** Percent of the memory that is left, of the machine or of the tightest group of processes that we are in. */
  memory: number | null
  /** Percent of the time in which something that could run had to wait for a processor. */
  cpu: number | null
  /** Milliseconds by which a timer of the service was late at most. */
  loop: number | null
}

/** A level at which the gate closes, and one at which it opens again; closes 0: the measure is not looked at. */
export interface Levels { closes: number, opens: number }

export type LoadGateEvents = {
  closed: [{ reason: LoadReason, readings: Readings }]
  opened: [{ readings: Readings }]
}

const measures = {
  memory_low: { of: 'memory', beyond: (value: number, level: number) => value < level },
  cpu_busy: { of: 'cpu', beyond: (value: number, level: number) => value > level },
  event_loop_slow: { of: 'loop', beyond: (value: number, level: number) => value > level }
} as const satisfies Record<LoadReason, { of: keyof Readings, beyond: (value: number, level: number) => boolean }>

/**
 * Whether the machine is too busy for one more stream server. It closes when a reading passes its closing level and opens when all are back beyond their opening levels, so that
 * it does not flutter between the two. Sessions that live are not concerned.
 */
export class LoadGate extends EventEmitter<LoadGateEvents> {
  readonly #levels: Readonly<Record<keyof Readings, Levels>>
  readonly #passed = new Set<LoadReason>()
  #readings: Readings = { memory: null, cpu: null, loop: null }

  constructor (levels: Readonly<Record<keyof Readings, Levels>>) {
    super()
    this.#levels = levels
  }

  /** Whether there is any level to pass. */
  get watches (): boolean { return Object.values(this.#levels).some(({ closes }) => closes > 0) }

  /** Why it is closed, the first cause of several; null: it is open. */
  get closed (): LoadReason | null { return this.#passed.values().next().value ?? null }

  /** What it was told last. */
  get readings (): Readings { return this.#readings }

  take (readings: Readings): void {
    const before = this.closed
    this.#readings = readings
    for (const reason of loadReasons) {
      const { of, beyond } = measures[reason]
      const value = readings[of]
      const { closes, opens } = this.#levels[of]
      if (closes > 0 && value !== null && beyond(value, this.#passed.has(reason) ? opens : closes)) this.#passed.add(reason)
      else this.#passed.delete(reason)
    }
    const { closed } = this
    if (closed === before) return
    if (closed === null) this.emit('opened', { readings })
    else this.emit('closed', { reason: closed, readings })
  }
}
