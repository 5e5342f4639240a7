import type { Clock } from '../clock.ts'
import { ChainedFile, type ChainedFileOptions } from './chained-file.ts'
import type { Entry } from './chain.ts'

/** Records that may wait for a slow disk; those on top are lost, which the file then says. */
const mostWaiting = 10_000

/** Records written at a time. */
const mostAtOnce = 500

/** Milliseconds until a file that could not be written is tried again. */
const retry = 30_000

export interface HistoryWriterOptions extends ChainedFileOptions {
  clock: Clock
  /** Told when the file cannot be written: once, until it can again. */
  failed: (error: Error) => void
  /** Told when it can again; so many records are missing, and the file says so. */
  recovered: (lost: number) => void
  /** Told when a line was found that was never finished, and cut off. */
  cut: (bytes: number) => void
}

/** Writes the history to its file behind everybody's back: nobody waits for it, and nothing is hurt when it cannot be written. */
export class HistoryWriter {
  readonly #options: HistoryWriterOptions
  #file: ChainedFile | undefined
  #waiting: Entry[] = []
  #lost = 0
  #failing = false
  #started = false
  #closed = false
  #work: Promise<void> | undefined
  #cancel: (() => void) | undefined

  constructor (options: HistoryWriterOptions) {
    this.#options = options
  }

  /** Opens the file and says in it that the service has started. Never rejects. */
  async open (): Promise<void> {
    this.#run()
    await this.#work
  }

  add (entry: Entry): void {
    if (this.#closed) return
    if (this.#waiting.length < mostWaiting) this.#waiting.push(entry)
    else this.#lost++
    if (this.#cancel === undefined) this.#run()
  }

  /** Writes what waits, if that is possible. Never rejects; closing twice is nothing. */
  async close (): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#cancel?.()
    if (this.#waiting.length > 0) this.#run()
    await this.#work
    await this.#file?.close()
  }

  #run (): void {
    this.#cancel = undefined
    this.#work ??= this.#write()
  }

  /** Writes until nothing waits. Never rejects; what is added before it has ended is still its own. */
  async #write (): Promise<void> {
    try {
      this.#file ??= await this.#opened()
      do {
        const batch = this.#waiting.slice(0, mostAtOnce)
        const lost = this.#lost
        await this.#file.append([...this.#notes(lost), ...batch])
        this.#started = true
        this.#waiting.splice(0, batch.length)
        this.#lost -= lost
        if (this.#failing) {
          this.#failing = false
          this.#options.recovered(lost)
        }
      } while (this.#waiting.length > 0)
    } catch (error) {
      this.#broken(error as Error)
    } finally {
      this.#work = undefined
    }
  }

  async #opened (): Promise<ChainedFile> {
    const file = await ChainedFile.open(this.#options)
    if (file.torn > 0) this.#options.cut(file.torn)
    return file
  }

  /** What the file says of itself: that the service has started, what was cut off, what could not be written. */
  #notes (lost: number): Entry[] {
    const at = new Date(this.#options.clock.now()).toISOString()
    return [
      ...this.#started ? [] : [{ at, event: 'service started', cutBytes: this.#file?.torn ?? 0 }],
      ...lost === 0 ? [] : [{ at, event: 'records lost', count: lost }]
    ]
  }

  #broken (error: Error): void {
    void this.#file?.close()
    this.#file = undefined
    if (!this.#failing) this.#options.failed(error)
    this.#failing = true
    if (!this.#closed) this.#cancel = this.#options.clock.after(retry, () => { this.#run() })
  }
}
