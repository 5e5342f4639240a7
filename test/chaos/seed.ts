import { randomInt } from 'node:crypto'
import { SeededRandom } from '../simulation/seeded-random.ts'

const given = process.env['SLIPWAY_CHAOS_SEED']
if (given !== undefined && !/^\d{1,9}$/.test(given)) throw new Error(`SLIPWAY_CHAOS_SEED: expected a whole number, got ${given}`)
const seed = given === undefined ? randomInt(1_000_000_000) : Number(given)

/** Goes with what is asserted, so that a failure can be played again: what was drawn is the same then, the machine's own order is not. */
export const drawn = `SLIPWAY_CHAOS_SEED=${seed}`

/** The chance of one test. */
export function chance (): SeededRandom {
  return new SeededRandom(seed)
}

/** The same things in another order. */
export function shuffled<T> (things: readonly T[], random: SeededRandom): T[] {
  return things.map(thing => ({ thing, place: random.unit() })).sort((a, b) => a.place - b.place).map(({ thing }) => thing)
}

/** A moment that is waited for, in milliseconds: faults come by time, not by what happens. */
export function moment (milliseconds: number): Promise<void> {
  return new Promise(resolve => { setTimeout(resolve, milliseconds) })
}

/** Strikes again and again as long as something goes on. */
export async function during (visits: Promise<void>, strike: () => Promise<void>): Promise<void> {
  const state = { over: false }
  const watched = visits.finally(() => { state.over = true })
  watched.catch(() => {})
  while (!state.over) await strike()
  await watched
}
