import { createWriteStream } from 'node:fs'
import type { WriteStream } from 'node:fs'

/** Bytes that may wait for the disk. A disk that is slower than its program loses output; it never makes the program wait. */
const MAX_WAITING_BYTES = 256 * 1024

/** Of the limit, kept for the two lines that say what is missing. */
const NOTICE_BYTES = 160

/**
 * One child's output on disk: made with its first byte, never longer than `limit` bytes, never in the child's way. A file that cannot
 * be written is told once to `onError`; the session goes on without it.
 */
export class LogFile {
  readonly #path: string
  readonly #limit: number
  readonly #onError: (error: NodeJS.ErrnoException) => void
  #stream: WriteStream | null = null
  #room: number
  #missing = 0
  #full = false
  #broken = false

  constructor (path: string, limit: number, onError: (error: NodeJS.ErrnoException) => void) {
    this.#path = path
    this.#limit = limit
    this.#onError = onError
    this.#room = limit >= NOTICE_BYTES * 2 ? limit - NOTICE_BYTES : limit
  }

  write (chunk: Buffer): void {
    if (this.#broken || this.#full) {
      this.#missing += chunk.length
      return
    }
    const stream = this.#stream ??= this.#open()
    if (stream.writableLength > MAX_WAITING_BYTES) {
      this.#missing += chunk.length
      return
    }
    const fitting = chunk.subarray(0, this.#room)
    this.#room -= fitting.length
    this.#missing += chunk.length - fitting.length
    if (fitting.length > 0) stream.write(fitting)
    if (fitting.length < chunk.length) {
      this.#full = true
      this.#note(`limit of ${this.#limit} bytes reached, what follows is not kept`)
    }
  }

  /** Resolves when all that will be written is written; never rejects. */
  end (): Promise<void> {
    const stream = this.#stream
    if (stream === null || this.#broken) return Promise.resolve()
    if (this.#missing > 0) this.#note(`${this.#missing} bytes of output were not kept`)
    return new Promise(resolve => {
      stream.once('close', resolve)
      stream.end()
    })
  }

  #open (): WriteStream {
    const stream = createWriteStream(this.#path, { flags: 'a', mode: 0o640 })
    stream.once('error', error => {
      this.#broken = true
      this.#onError(error)
    })
    return stream
  }

  #note (text: string): void {
    if (this.#limit >= NOTICE_BYTES * 2) this.#stream?.write(`\n[slipway] ${text}\n`)
  }
}
