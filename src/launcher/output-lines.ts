import type { Clock } from '../clock.ts'
import type { ChildOutput } from '../spawning/launcher.ts'
import { wellFormed } from './output-tail.ts'

/** Most bytes of a line that is told; of a longer one the beginning. */
export const LINE_BYTES = 1000
/** Most lines told at a time. */
export const LINES_AT_A_TIME = 25
/** Milliseconds over which lines are gathered before they are told. */
export const GATHERING_MILLISECONDS = 250

const NEWLINE = 0x0a

/**
 * One of a child's outputs as lines, for whoever wants to hear them while it runs. However much a child says, `tell` is called four
 * times a second at most, with no more than `LINES_AT_A_TIME` lines; the others are counted. A line ends with a newline, which a carriage
 * return may precede.
 */
export class OutputLines {
  readonly #clock: Clock
  readonly #tell: (output: Pick<ChildOutput, 'lines' | 'leftOut'>) => void
  #lines: string[] = []
  #leftOut = 0
  /** The line that has begun, and whether more of it came than is kept. */
  #begun = Buffer.alloc(0)
  #cut = false
  #cancel: (() => void) | null = null

  constructor (clock: Clock, tell: (output: Pick<ChildOutput, 'lines' | 'leftOut'>) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  add (chunk: Buffer): void {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, end))
      this.#complete()
      from = end + 1
    }
    this.#keep(chunk.subarray(from))
  }

  /** The output has ended: what is left is told now, the last line also without its newline. */
  end (): void {
    if (this.#begun.length > 0) this.#complete()
    this.#flush()
  }

  #keep (piece: Buffer): void {
    if (piece.length === 0) return
    const room = LINE_BYTES - this.#begun.length
    this.#cut ||= piece.length > room
    if (room > 0) this.#begun = Buffer.concat([this.#begun, piece.subarray(0, room)])
  }

  #complete (): void {
    if (this.#lines.length < LINES_AT_A_TIME) this.#lines.push(wellFormed(this.#begun).replace(/\r$/, '') + (this.#cut ? '…' : ''))
    else this.#leftOut++
    this.#begun = Buffer.alloc(0)
    this.#cut = false
    this.#cancel ??= this.#clock.after(GATHERING_MILLISECONDS, () => { this.#flush() })
  }

  #flush (): void {
    this.#cancel?.()
    this.#cancel = null
    if (this.#lines.length > 0) this.#tell({ lines: this.#lines, leftOut: this.#leftOut })
    this.#lines = []
    this.#leftOut = 0
  }
}
