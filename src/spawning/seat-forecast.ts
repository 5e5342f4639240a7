import type { Clock } from '../clock.ts'
import type { SessionTable } from '../sessions/session-table.ts'
import { StayLengths } from '../sessions/stay-lengths.ts'
import { retrySeconds } from './outcome.ts'

/** Seconds after which anybody may ask again, however long it takes. */
const longestRetry = 3_600

/** When a seat comes free, judged by how long sessions have lasted and how old the living ones are. */
export class SeatForecast {
  readonly #table: SessionTable
  readonly #clock: Clock
  readonly #stays = new StayLengths()

  constructor (table: SessionTable, clock: Clock) {
    this.#table = table
    this.#clock = clock
  }

  /** A session has ended that was asked for at this time, in milliseconds since the epoch. */
  ended (requestedAt: number): void { this.#stays.ended(this.#clock.now() - requestedAt) }

  /** Milliseconds until whoever is at this place of the line, from 1, has probably a seat; null: none has ended yet. */
  until (place: number): number | null {
    const now = this.#clock.now()
    return this.#stays.until(place, Array.from(this.#table.living(), ({ requestedAt }) => now - requestedAt)) ?? null
  }

  /** Whole seconds after which it makes sense to ask again for whoever would be at this place. */
  retryAfter (place: number): number {
    const wait = this.until(place)
    return wait === null ? retrySeconds : Math.min(Math.max(1, Math.ceil(wait / 1_000)), longestRetry)
  }
}
