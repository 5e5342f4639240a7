import type { Clock } from '../clock.ts'

/** What a connection to the live events tells. */
export interface FeedEvents {
  opened (): void
  message (text: string): void
  /** Ended, or never came to be. */
  closed (): void
}

/** Opens a connection; the answer closes it. */
export type Dial = (events: FeedEvents) => () => void

export interface FeedListener {
  message (text: string): void
  /** Called when the connection comes or goes. */
  connected (yes: boolean): void
}

const firstWaitMilliseconds = 500
const longestWaitMilliseconds = 15_000

/** Listens to the service's live events, and connects again by itself: after half a second, then twice as long each time, up to 15 s. */
export class SessionFeed {
  readonly #dial: Dial
  readonly #clock: Clock
  readonly #listener: FeedListener
  #hangUp = (): void => {}
  #wait = firstWaitMilliseconds
  #cancel = (): void => {}
  #closed = false

  constructor (dial: Dial, clock: Clock, listener: FeedListener) {
    this.#dial = dial
    this.#clock = clock
    this.#listener = listener
  }

  start (): void {
    if (this.#closed) return
    this.#hangUp = this.#dial({
      opened: () => { this.#listener.connected(true) },
      message: text => {
        this.#wait = firstWaitMilliseconds
        this.#listener.message(text)
      },
      closed: () => { this.#again() }
    })
  }

  close (): void {
    this.#closed = true
    this.#cancel()
    this.#hangUp()
  }

  #again (): void {
    if (this.#closed) return
    this.#listener.connected(false)
    this.#cancel = this.#clock.after(this.#wait, () => { this.start() })
    this.#wait = Math.min(this.#wait * 2, longestWaitMilliseconds)
  }
}
