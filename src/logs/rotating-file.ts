import { createWriteStream, unlink, type WriteStream } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder } from '../folder.ts'

/** Bytes that may wait for a slow disk; what comes on top is lost. */
const maxWaiting = 1_048_576

export interface RotatingFileOptions {
  /** Path of the first file, whose folder is made; the following ones have `.1`, `.2`… behind it. */
  path: string
  /** Bytes after which the next file is begun, at a line's end. */
  limit: number
  /** Files kept, from 1. */
  keep: number
  /** Told once when a file cannot be written; what is written from then on is nothing. */
  failed: (error: Error) => void
}

/** A log in several files of one run, the oldest of which go. It never makes the program wait. */
export class RotatingFile {
  readonly #options: RotatingFileOptions
  #file: WriteStream
  #number = 0
  #written = 0
  #broken = false

  constructor (options: RotatingFileOptions) {
    this.#options = options
    try {
      makeFolder(dirname(options.path))
    } catch {
      // Opening the file tells why.
    }
    this.#file = this.#open()
  }

  /** Writes one line, its newline included. */
  write (line: string): void {
    if (this.#broken) return
    const bytes = Buffer.byteLength(line)
    if (this.#written > 0 && this.#written + bytes > this.#options.limit) this.#next()
    this.#written += bytes
    if (this.#file.writableLength < maxWaiting) this.#file.write(line)
  }

  /** Resolves when everything is written, or cannot be. Never rejects; what is written later is nothing. */
  async end (): Promise<void> {
    const broken = this.#broken
    this.#broken = true
    if (broken) return
    await new Promise<void>(resolve => {
      this.#file.once('close', resolve)
      this.#file.end()
    })
  }

  #next (): void {
    this.#file.end()
    this.#number++
    this.#written = 0
    this.#file = this.#open()
    const oldest = this.#number - this.#options.keep
    if (oldest >= 0) unlink(this.#path(oldest), () => {})
  }

  #open (): WriteStream {
    const file = createWriteStream(this.#path(this.#number), { flags: 'a', mode: 0o640 })
    file.on('error', error => {
      if (this.#broken) return
      this.#broken = true
      this.#options.failed(error)
    })
    return file
  }

  #path (number: number): string { return number === 0 ? this.#options.path : `${this.#options.path}.${number}` }
}
