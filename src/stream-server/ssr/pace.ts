/** How good a picture of a moving camera may be so that the next one comes in time. */
export interface Means {
  /** Share of the viewer's pixels along each side. */
  scale: number
  /** Of the JPEG file. */
  quality: number
}

/** `weight`: bytes as a share of what the first rung needs, as measured with assemblies. `patience`: milliseconds that its file may take on its way; the slower the way, the fewer the pictures. */
const ladder: ReadonlyArray<Means & { weight: number, patience: number }> = [
  { scale: 1, quality: 85, weight: 1, patience: 50 },
  { scale: 1, quality: 70, weight: 0.78, patience: 50 },
  { scale: 1, quality: 55, weight: 0.67, patience: 50 },
  { scale: 0.8, quality: 60, weight: 0.49, patience: 55 },
  { scale: 0.6, quality: 55, weight: 0.29, patience: 60 },
  { scale: 0.45, quality: 50, weight: 0.18, patience: 75 },
  { scale: 0.33, quality: 40, weight: 0.11, patience: Infinity }
]

/** A rung is left downwards when its file would take so many times its patience, and entered upwards when it takes no more than so much of it. */
const tooMuch = 1.15
const roomy = 0.75
/** Pictures in a row that must have had room before the next rung is tried; twice as many each time a try was in vain, at most. */
const calm = 6
const mostCalm = 192
/** Pictures that a rung must hold so that trying it was not in vain. */
const held = 60

/** For painting a picture, milliseconds. */
const heavy = 45
const light = 36
const mostCoarse = 8

/** Learns from the pictures that went how good the next ones may be: from painting times the detail, from what the way to the viewer takes the bytes. */
export class Pace {
  #rung = 0
  /** Bytes of a picture on the first rung, as far as known. */
  #bytes = 0
  #calmOnes = 0
  #calm = calm
  /** Pictures since the last step upwards. */
  #sinceUp = Infinity
  #coarseness = 1

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

  /** A picture that was made with `means` has so many bytes, and the way takes so many a second. */
  encoded (means: Means, bytes: number, rate: number): void {
    const made = ladder.find(({ scale, quality }) => scale === means.scale && quality === means.quality)
    if (made === undefined) return
    this.#bytes = this.#bytes === 0 ? bytes / made.weight : 0.5 * this.#bytes + 0.5 * bytes / made.weight
    /** Share of its patience that a rung would need. */
    const need = ({ weight, patience }: { weight: number, patience: number }) => this.#bytes * weight / rate * 1000 / patience
    if (++this.#sinceUp === held) this.#calm = calm
    if (need(ladder[this.#rung]!) > tooMuch) {
      this.#calm = this.#sinceUp < held ? Math.min(mostCalm, this.#calm * 2) : calm
      this.#sinceUp = Infinity
      this.#calmOnes = 0
      this.#rung = ladder.findIndex(rung => need(rung) <= 1)
      return
    }
    const better = ladder[this.#rung - 1]
    this.#calmOnes = better !== undefined && need(better) <= roomy ? this.#calmOnes + 1 : 0
    if (this.#calmOnes < this.#calm) return
    this.#rung--
    this.#sinceUp = 0
    this.#calmOnes = 0
  }
}
