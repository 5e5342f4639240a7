import type { Clock } from '../clock.ts'
import type { SessionTable } from '../sessions/session-table.ts'
import { StayLengths } from '../sessions/stay-lengths.ts'
import { restartSeconds, retrySeconds } from './outcome.ts'

/** Seconds after which anybody may ask again, however long it takes. */
const longestRetry = 3_600

/** When a seat comes free, judged by how long sessions have lasted and how old the living ones are. */
export class SeatForecast {
  readonly #table: SessionTable
  readonly #clock: Clock
  readonly #stays = new StayLengths()
  readonly #kept: () => number[]

  /** @param kept milliseconds until each seat that is kept for somebody is kept no more */
  constructor (table: SessionTable, clock: Clock, kept: () => number[]) {
    this.#kept = kept
    this.#table = table
    this.#clock = clock
  }

  /** A session has ended that was asked for at this time, in milliseconds since the epoch. */
  ended (requestedAt: number): void { this.#stays.ended(this.#clock.now() - requestedAt) }

  /** Milliseconds until whoever is at this place of the line, from 1, has probably a seat; null: none has ended yet. */
  until (place: number): number | null {
    const now = this.#clock.now()
    const ages = Array.from(this.#table.living(), ({ requestedAt }) => now - requestedAt)
    const kept = this.#kept()
    if (kept.length === 0) return this.#stays.until(place, ages) ?? null
    // Of seats that are kept and of those that are taken, the one that is free as the so-manieth.
    const taken = Array.from({ length: place }, (_, index) => this.#stays.until(index + 1, ages)).filter(each => each !== undefined)
    return [...kept, ...taken].sort((a, b) => a - b)[place - 1] ?? null
  }

  /** Whole seconds after which it makes sense to ask again for whoever would be at this place. */
  retryAfter (place: number): number { return retryIn(this.until(place)) }

  /** Whole seconds after which one of these sessions has probably ended; `undefined`: there are none. */
  retryAfterOneOf (ids: Iterable<string>): number | undefined {
    const now = this.#clock.now()
    const ages = Array.from(ids, id => this.#table.get(id)).flatMap(session => session === undefined ? [] : [now - session.requestedAt])
    return ages.length === 0 ? undefined : retryIn(this.#stays.until(1, ages) ?? null)
  }

  /** Whole seconds after which a service that runs empty is probably another one. @param deadline when what is left is stopped, in milliseconds since the epoch; null: nobody knows */
  retryAfterDrain (deadline: number | null): number {
    if (deadline === null || this.#table.alive === 0) return restartSeconds
    return Math.max(restartSeconds, retryIn(deadline - this.#clock.now()))
  }
}

/** Milliseconds as whole seconds, within reason. */
function retryIn (wait: number | null): number {
  return wait === null ? retrySeconds : Math.min(Math.max(1, Math.ceil(wait / 1_000)), longestRetry)
}
