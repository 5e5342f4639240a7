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
  /** Told when a file cannot be written: once, until it can again. Each line tries it anew; those that could not be written are lost. */
  failed: (error: Error) => void
}

/** A log in several files of one run, the oldest of which go. It never makes the program wait. */
export class RotatingFile {
  readonly #options: RotatingFileOptions
  /** Null: it could not be written. */
  #file: WriteStream | null
  #number = 0
  #written = 0
  #failing = false
  #ended = false

  constructor (options: RotatingFileOptions) {
    this.#options = options
    this.#file = this.#open()
  }

  /** Writes one line, its newline included. */
  write (line: string): void {
    if (this.#ended) return
    let file = this.#file ??= this.#open()
    const bytes = Buffer.byteLength(line)
    if (this.#written > 0 && this.#written + bytes > this.#options.limit) file = this.#next(file)
    this.#written += bytes
    if (file.writableLength < maxWaiting) file.write(line)
  }

  /** Resolves when everything is written, or cannot be. Never rejects; what is written later is nothing. */
  async end (): Promise<void> {
    const file = this.#file
    if (this.#ended) return
    this.#ended = true
    if (file === null) return
    await new Promise<void>(resolve => {
      file.once('close', resolve)
      file.end()
    })
  }

  #next (full: WriteStream): WriteStream {
    full.end()
    this.#number++
    this.#written = 0
    this.#file = this.#open()
    const oldest = this.#number - this.#options.keep
    if (oldest >= 0) unlink(this.#path(oldest), () => {})
    return this.#file
  }

  #open (): WriteStream {
    try {
      makeFolder(dirname(this.#options.path))
    } catch {
      // Opening the file tells why.
    }
    const file = createWriteStream(this.#path(this.#number), { flags: 'a', mode: 0o640 })
    file.on('error', error => {
      if (this.#file !== file) return
      this.#file = null
      if (!this.#failing && !this.#ended) this.#options.failed(error)
      this.#failing = true
    })
    // Half a line may be there from before.
    if (this.#failing) file.write('\n', error => { if (error == null) this.#failing = false })
    return file
  }

  #path (number: number): string { return number === 0 ? this.#options.path : `${this.#options.path}.${number}` }
}
