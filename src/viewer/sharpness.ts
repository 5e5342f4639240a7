import type { Clock } from '../clock.ts'

/** Shares of the full resolution, along each side, at which pictures of something that moves may be drawn. */
const shares = [0.35, 0.5, 0.7, 1] as const
/** So long such a picture takes at most if there is a share for it, milliseconds. */
const wanted = 40
/** One that takes longer is too slow; what lies between changes nothing, else pictures would become finer and coarser in turn. */
const tooSlow = 60
/** Nothing has moved for so long: it is at rest, milliseconds. */
const rest = 200
/** So long after the last move something may still be missing, milliseconds; then it is drawn at full resolution as far as it has come. */
const patience = 1000

/**
 * At which resolution a picture is drawn: in full at rest, and while something moves as finely as the machine draws it fast enough. How fast it draws is not known before it has
 * drawn something; until then pictures are small.
 */
export class Sharpness {
  readonly #clock: Clock
  readonly #sharpen: () => void
  #moving: number = shares[0]
  /** The last picture of something that moves was too slow. */
  #strained = false
  #resting = false
  #still = false
  #whole = false
  #cancel = (): void => {}

  /** `sharpen` is called when a picture that was drawn smaller is to be drawn in full. */
  constructor (clock: Clock, sharpen: () => void) {
    this.#clock = clock
    this.#sharpen = sharpen
  }

  /** For the next picture, along each side: 1 is the full resolution. */
  get share (): number {
    return this.#resting ? 1 : this.#moving
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

  /** A picture with this share has taken so long, from the call to the last pixel. */
  took (milliseconds: number, share: number): void {
    // As if time went into pixels alone: the rest of it becomes no longer by more of them.
    const fits = (each: number): boolean => milliseconds * (each / share) ** 2 <= wanted
    const best = shares.findLast(each => each >= share && fits(each))
    if (best !== undefined && best > this.#moving) {
      this.#moving = best
      if (best === 1) this.#rest()
    }
    if (share !== this.#moving) return
    const isSlow = milliseconds > tooSlow
    // One alone may be an accident.
    if (isSlow && this.#strained) this.#moving = shares.findLast(each => each < share && fits(each)) ?? shares[0]
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
