import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { sameSecret } from './secret.ts'
import type { Viewer } from './viewer.ts'

/** The one seat of a stream server: whose it is, and how its viewer comes back to it by another socket. */
export class Seat {
  readonly #clock: Clock
  #viewer: Viewer | null = null
  /** Of the viewer that sits here; each is good for coming back once. */
  #key = ''
  /** The key before, until the viewer has shown that it has the new one. */
  #former = ''
  #cancel = () => {}

  constructor (clock: Clock) {
    this.#clock = clock
  }

  get viewer (): Viewer | null {
    return this.#viewer
  }

  /** Gives the seat to `viewer`, whose it may be already. The answer is its key for coming back; null: the seat is another's. */
  take (viewer: Viewer): string | null {
    if (this.#viewer === null) {
      this.#viewer = viewer
      this.#key = newKey()
    }
    return this.#viewer === viewer ? this.#key : null
  }

  /** The viewer is away: after so many seconds `giveUp` is called, unless it has come back. */
  keep (seconds: number, giveUp: () => void): void {
    this.#cancel = this.#clock.after(seconds * 1000, giveUp)
  }

  /** Somebody shows a key: whose it is, is back, with its next key. Null: it is nobody's. */
  reclaim (key: string): { viewer: Viewer, key: string } | null {
    if (this.#viewer === null || ![this.#key, this.#former].some(each => each !== '' && sameSecret(key, each))) return null
    this.#cancel()
    this.#former = key
    this.#key = newKey()
    return { viewer: this.#viewer, key: this.#key }
  }

  /** The viewer that came back has its new key: the one before is used up. */
  confirm (): void {
    this.#former = ''
  }

  /** Nobody is waited for any more. */
  close (): void {
    this.#cancel()
  }
}

const newKey = (): string => randomBytes(16).toString('base64url')
