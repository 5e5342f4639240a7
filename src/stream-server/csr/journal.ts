interface Entry {
  part: number
  /** Level held before. */
  before: number
  /** Bytes sent in the session after this; a drop has none of its own. */
  end: number
  isDrop: boolean
}

/** What a viewer holds, and how to go back to what it held when only a part of what was sent had reached it. */
export class Journal {
  /** Level of each part, -1 for none. */
  readonly held: Int8Array
  #entries: Entry[] = []
  #bytes = 0
  #settled = 0

  constructor (parts: number) {
    this.held = new Int8Array(parts).fill(-1)
  }

  /** Bytes sent in the session. */
  get bytes (): number {
    return this.#bytes
  }

  sent (part: number, level: number, bytes: number): void {
    this.#bytes += bytes
    this.#entries.push({ part, before: this.held[part] ?? -1, end: this.#bytes, isDrop: false })
    this.held[part] = level
  }

  dropped (parts: Iterable<number>): void {
    for (const part of parts) {
      this.#entries.push({ part, before: this.held[part] ?? -1, end: this.#bytes, isDrop: true })
      this.held[part] = -1
    }
  }

  /** So many bytes have come for sure: what is older need not be remembered. */
  settle (bytes: number): void {
    this.#settled = bytes
    const from = this.#entries.findIndex(({ end, isDrop }) => end > bytes || (isDrop && end === bytes))
    this.#entries = from === -1 ? [] : this.#entries.slice(from)
  }

  /**
   * Only `bytes` have come: forgets what was sent after them. Answers the parts whose drop may or may not have come, to be told again; null
   * when no viewer can have received so many.
   */
  rewind (bytes: number): number[] | null {
    if (bytes !== this.#settled && !this.#entries.some(({ end }) => end === bytes)) return null
    for (let last = this.#entries.at(-1); last !== undefined && last.end > bytes; last = this.#entries.at(-1)) {
      this.held[last.part] = last.before
      this.#entries.pop()
    }
    this.#bytes = bytes
    return this.#entries.filter(({ isDrop, end }) => isDrop && end === bytes).map(({ part }) => part)
  }
}
