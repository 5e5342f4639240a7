import type { Clock } from '../clock.ts'

/** How good a picture is. */
export interface Grade {
  /** Of the full resolution, along each side. */
  share: number
  /** Edges are smooth. */
  smooth: boolean
}

/** Better ones later. */
const grades: readonly Grade[] = [...[0.5, 0.7, 1].map(share => ({ share, smooth: false })), { share: 1, smooth: true }]
const best = grades.length - 1
/** What of a picture's time grows with its grade, in comparison: at least twice as much for smooth edges where there is no graphics card. */
const costs = grades.map(({ share, smooth }) => share ** 2 * (smooth ? 2 : 1))
/** So long a picture of something that moves takes at most if there is a grade for it, milliseconds. */
const wanted = 40
/** One that takes longer is too slow; what lies between changes nothing, else pictures would become better and worse in turn. */
const tooSlow = 60
/** Nothing has moved for so long: it is at rest, milliseconds. */
const rest = 200
/** So long after the last move something may still be missing, milliseconds; then it is drawn as well as can be as far as it has come. */
const patience = 1000

/**
 * How well a picture is drawn: as well as can be at rest, and while something moves as well as the machine does it fast enough. How fast it is is not known before it has
 * drawn something; until then pictures are poor.
 */
export class Sharpness {
  readonly #clock: Clock
  readonly #sharpen: () => void
  /** Grade of what moves. */
  #moving = 0
  /** The last picture of something that moves was too slow. */
  #strained = false
  #resting = false
  #still = false
  #whole = false
  #cancel = (): void => {}

  /** `sharpen` is called when a picture that was drawn worse is to be drawn as well as can be. */
  constructor (clock: Clock, sharpen: () => void) {
    this.#clock = clock
    this.#sharpen = sharpen
  }

  /** For the next picture. */
  get grade (): Grade {
    return grades[this.#resting ? best : this.#moving]!
  }

  /** The best one. */
  static get best (): Grade {
    return grades[best]!
  }

  /** Drawing is as fast as it need be. */
  get fast (): boolean {
    return this.#moving === best
  }

  /** The view is another now. */
  moved (): void {
    this.#cancel()
    this.#resting = this.#still = this.#whole = false
    this.#cancel = this.#clock.after(rest, () => {
      this.#still = true
      if (this.#whole) return this.#rest()
      this.#cancel = this.#clock.after(patience - rest, () => { this.#rest() })
    })
  }

  /** Nothing is missing in this view. */
  complete (): void {
    this.#whole = true
    if (this.#still) this.#rest()
  }

  /** A picture of this grade has taken so long, from the call to the last pixel. */
  took (milliseconds: number, grade: Grade): void {
    const drawn = grades.indexOf(grade)
    // As if all of its time grew with the grade: that is the worst case of a better one.
    const fits = (each: number): boolean => milliseconds * costs[each]! / costs[drawn]! <= wanted
    const better = grades.findLastIndex((_, each) => each >= drawn && fits(each))
    if (better > this.#moving) {
      this.#moving = better
      if (better === best) this.#rest()
    }
    if (drawn !== this.#moving) return
    const isSlow = milliseconds > tooSlow
    // One alone may be an accident.
    if (isSlow && this.#strained) this.#moving = Math.max(0, grades.findLastIndex((_, each) => each < drawn && fits(each)))
    this.#strained = isSlow
  }

  close (): void {
    this.#cancel()
  }

  #rest (): void {
    this.#cancel()
    if (this.#resting) return
    this.#resting = true
    this.#sharpen()
  }
}
