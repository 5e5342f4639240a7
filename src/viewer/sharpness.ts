import type { Clock } from '../clock.ts'

/** How good a picture is. */
export interface Grade {
  /** Edges are smooth, and every pixel is drawn. */
  fine: boolean
  /** Of the pixels along each side. */
  share: number
}

export const fine: Grade = { fine: true, share: 1 }

/** Pixels of a picture that is not fine, at most. */
const mostPixels = 600_000
/** Smooth edges take at least so many times as long where there is no graphics card. */
const dearness = 2
/** So long a picture of something that moves takes at most to be fine, milliseconds. */
const wanted = 40
/** One that takes longer is too slow; what lies between changes nothing, else pictures would become better and worse in turn. */
const tooSlow = 60
/** Nothing has moved for so long: it is at rest, milliseconds. */
const rest = 200
/** So long after the last move something may still be missing, milliseconds; then the picture is fine as far as it has come. */
const patience = 1000

/**
 * Whether a picture is fine: at rest it is, and while something moves if the machine draws it fast enough. How fast it is is not known before it has drawn
 * something; until then pictures are not.
 */
export class Sharpness {
  readonly #clock: Clock
  readonly #sharpen: () => void
  #fast = false
  /** The last fine picture was too slow. */
  #strained = false
  #resting = false
  #still = false
  #whole = false
  #cancel = (): void => {}

  /** `sharpen` is called when a picture that was not fine is to be drawn once more. */
  constructor (clock: Clock, sharpen: () => void) {
    this.#clock = clock
    this.#sharpen = sharpen
  }

  /** Fine pictures are drawn fast enough for whatever moves. */
  get fast (): boolean {
    return this.#fast
  }

  /** For the next picture, which in full has so many pixels. */
  grade (pixels: number): Grade {
    return this.#fast || this.#resting ? fine : { fine: false, share: Math.min(1, Math.sqrt(mostPixels / pixels)) }
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
    if (this.#fast) {
      const isSlow = grade.fine && milliseconds > tooSlow
      // One alone may be an accident.
      if (isSlow && this.#strained) this.#fast = false
      this.#strained = isSlow
    } else if (milliseconds * (grade.fine ? 1 : dearness / grade.share ** 2) <= wanted) {
      this.#fast = true
      this.#strained = false
      this.#rest()
    }
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
