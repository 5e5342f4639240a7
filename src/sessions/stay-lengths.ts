/** Stays that are remembered: enough for a picture of their lengths, few enough to follow when habits change. */
const remembered = 500

/** Living sessions that are looked at for one estimate; of more, every so-manieth. */
const most = 100

/** Halvings of the time searched: down to milliseconds from weeks. */
const halvings = 32

/** How long sessions lasted, and what follows from it for whoever waits for the end of one. */
export class StayLengths {
  readonly #lengths: number[] = []
  #oldest = 0
  #sorted: number[] | undefined

  /** A session has ended that lasted so many milliseconds. */
  ended (length: number): void {
    this.#lengths[this.#oldest] = length
    this.#oldest = (this.#oldest + 1) % remembered
    this.#sorted = undefined
  }

  /**
   * Milliseconds until so many of the living sessions have probably ended: as many on average, when each lasts as long as those
   * did that lasted as long as it has already. `undefined`: none has ended yet, so nobody knows.
   * @param ages milliseconds that each of them has lasted. @param place from 1
   */
  until (place: number, ages: readonly number[]): number | undefined {
    if (this.#lengths.length === 0 || ages.length === 0) return undefined
    const mean = this.#lengths.reduce((sum, length) => sum + length, 0) / this.#lengths.length
    const wanted = place - 0.5
    const step = Math.ceil(ages.length / most)
    const looked = ages.filter((_, index) => index % step === 0)
    const share = ages.length / looked.length
    // Later on those end, too, that have not begun yet.
    const followers = (time: number) => ages.length * Math.max(0, time / Math.max(mean, 1) - 1)
    const departures = (time: number) => share * looked.reduce((sum, age) => sum + this.#endsWithin(age, time, mean), 0) + followers(time)
    let [early, late] = [0, Math.max(mean, 1)]
    while (departures(late) < wanted) late *= 2
    for (let halving = 0; halving < halvings; halving++) {
      const middle = (early + late) / 2
      if (departures(middle) < wanted) early = middle
      else late = middle
    }
    return late
  }

  /** How probable it is that a session of this age ends within a time. */
  #endsWithin (age: number, time: number, mean: number): number {
    const sorted = this.#sorted ??= this.#lengths.toSorted((a, b) => a - b)
    const younger = countUpTo(sorted, age)
    const longer = sorted.length - younger
    // It has lasted longer than any other: nothing is known but how long they last at all.
    if (longer === 0) return 1 - Math.exp(-time / Math.max(mean, 1))
    return (countUpTo(sorted, age + time) - younger) / longer
  }
}

/** How many of the sorted values are at most this. */
function countUpTo (sorted: readonly number[], value: number): number {
  let [from, to] = [0, sorted.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((sorted[middle] ?? Infinity) <= value) from = middle + 1
    else to = middle
  }
  return from
}
