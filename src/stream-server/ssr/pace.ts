/** How good a picture may be so that the next one comes in time. */
export interface Means {
  /** Share of the viewer's pixels along each side. */
  scale: number
  /** Of the JPEG file. */
  quality: number
}

const ladder: readonly Means[] = [
  { scale: 1, quality: 85 }, { scale: 1, quality: 70 }, { scale: 0.8, quality: 65 }, { scale: 0.6, quality: 60 }, { scale: 0.45, quality: 50 }, { scale: 0.33, quality: 40 }
]

/** From sending a picture to the word that it is shown, milliseconds. */
const slow = 220
const quick = 110
/** For painting one, milliseconds. */
const heavy = 45
const light = 25
const mostCoarse = 8

/** Learns from the pictures that went how good the next ones may be: from painting times the detail, from the way to the viewer the bytes. */
export class Pace {
  #rung = 0
  #quickOnes = 0
  #coarseness = 1
  #best = Infinity

  get means (): Means {
    return ladder[this.#rung]!
  }

  /** Factor on the tolerance that the viewer asked for, while its camera moves. */
  get coarseness (): number {
    return this.#coarseness
  }

  /** A picture of a moving camera took so long to paint. */
  painted (milliseconds: number): void {
    if (milliseconds > heavy) this.#coarseness = Math.min(mostCoarse, this.#coarseness * 1.3)
    else if (milliseconds < light) this.#coarseness = Math.max(1, this.#coarseness / 1.15)
  }

  /** A picture was shown so long after it was sent. What every answer takes, however small, is the way itself and no lack of room on it. */
  shown (milliseconds: number): void {
    this.#best = Math.min(this.#best, milliseconds)
    const waited = milliseconds - this.#best
    if (waited > slow) {
      this.#rung = Math.min(ladder.length - 1, this.#rung + 1)
      this.#quickOnes = 0
    } else if (waited < quick && ++this.#quickOnes >= 12) {
      this.#rung = Math.max(0, this.#rung - 1)
      this.#quickOnes = 0
    }
  }
}
