/** Numbers that look like chance and are the same for the same seed (mulberry32). */
export class SeededRandom {
  #state: number

  /** @param seed any whole number; neighbours give unrelated numbers */
  constructor (seed: number) {
    this.#state = Math.imul(seed ^ (seed >>> 16) ^ Math.floor(seed / 2 ** 32), 0x45d9f3b) | 0
    this.unit()
  }

  /** From 0 to less than 1. */
  unit (): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 to less than `limit`. */
  below (limit: number): number { return Math.floor(this.unit() * limit) }

  /** A whole number between the two, both included. */
  between (least: number, most: number): number { return least + this.below(most - least + 1) }

  chance (share: number): boolean { return this.unit() < share }

  /** @throws RangeError when there is nothing to pick from. */
  pick<T> (from: readonly T[]): T {
    const picked = from[this.below(from.length)]
    if (picked === undefined) throw new RangeError('nothing to pick from')
    return picked
  }
}
