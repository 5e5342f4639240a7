/** Most bytes of a child's output that its exit tells. */
export const TAIL_BYTES = 4096

/** The last lines of a child's output, whatever it wrote before. Holds no more than `TAIL_BYTES` and allocates on the first byte. */
export class OutputTail {
  #buffer: Buffer | null = null
  #used = 0
  #cut = false

  add (chunk: Buffer): void {
    const buffer = this.#buffer ??= Buffer.allocUnsafe(TAIL_BYTES)
    const news = chunk.subarray(-TAIL_BYTES)
    const kept = Math.min(this.#used, TAIL_BYTES - news.length)
    this.#cut ||= this.#used + chunk.length > TAIL_BYTES
    buffer.copyWithin(0, this.#used - kept, this.#used)
    news.copy(buffer, kept)
    this.#used = kept + news.length
  }

  /** Whole lines; where a single line fills everything, its end. At most `TAIL_BYTES` of UTF-8. */
  toString (): string {
    const bytes = this.#buffer?.subarray(0, this.#used) ?? Buffer.alloc(0)
    if (!this.#cut) return wellFormed(bytes)
    const firstBreak = bytes.indexOf('\n')
    return wellFormed(bytes.subarray(firstBreak === -1 || firstBreak === bytes.length - 1 ? 0 : firstBreak + 1))
  }
}

/** Bytes that are not UTF-8 become `?`, which is no longer than they were; U+FFFD would be three times as long. */
export function wellFormed (bytes: Buffer): string {
  return bytes.toString('utf8').replaceAll('\uFFFD', '?')
}
