import type { Clock } from '../clock.ts'
import type { CameraMessage } from '../stream-server/protocol.ts'

/** Where the viewer looks from, without a sequence number. */
export type CameraView = Omit<CameraMessage, 'type' | 'seq'>

const intervalMilliseconds = 100

/** Tells the stream server where the viewer looks: at most ten times a second while moving, once more at rest; the newest wins. */
export class CameraFeed {
  readonly #clock: Clock
  readonly #send: (message: CameraMessage) => void
  #seq = 0
  #sentAt = -Infinity
  #sent: CameraView | undefined
  #waiting: CameraView | undefined
  #cancel = (): void => {}

  constructor (clock: Clock, send: (message: CameraMessage) => void) {
    this.#clock = clock
    this.#send = send
  }

  /** Sequence number of the newest camera sent; 0 before the first. */
  get newest (): number {
    return this.#seq
  }

  /** True when the server knows where the viewer looks. */
  get settled (): boolean {
    return this.#seq > 0 && this.#waiting === undefined
  }

  /** Goes on after a camera that was told before, by another page. */
  after (seq: number): void {
    this.#seq = seq
  }

  /** The view of a drawn frame; one that equals the last sent is no news. */
  moved (view: CameraView): void {
    const timed = this.#waiting !== undefined
    if (this.#sent !== undefined && same(view, this.#sent)) {
      this.close()
      return
    }
    this.#waiting = view
    if (timed) return
    const due = this.#sentAt + intervalMilliseconds - this.#clock.now()
    if (due <= 0) this.#flush()
    else this.#cancel = this.#clock.after(due, () => { this.#flush() })
  }

  /** Tells where the viewer looks once more: the server may not have heard it. */
  repeat (): void {
    this.#cancel()
    this.#waiting ??= this.#sent
    this.#flush()
  }

  /** Forgets what waits. */
  close (): void {
    this.#cancel()
    this.#waiting = undefined
  }

  #flush (): void {
    const view = this.#waiting
    if (view === undefined) return
    this.#waiting = undefined
    this.#sent = view
    this.#sentAt = this.#clock.now()
    this.#seq++
    this.#send({ type: 'camera', seq: this.#seq, ...view })
  }
}

function same (a: CameraView, b: CameraView): boolean {
  return a.focal === b.focal && a.tolerance === b.tolerance && a.viewProjection.every((value, index) => value === b.viewProjection[index])
}
