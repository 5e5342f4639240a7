const lengthMask = 0x7f
const maskBit = 0x80
const opcodeMask = 0x0f
/** From this opcode on frames are ping, pong and close: a library says them, nobody's hand. */
const firstControl = 0x8

/**
 * Looks for what a viewer says of itself in the bytes it sends: frames with data, told from pings, pongs and closes by the opcode in their header. Nothing else is
 * read, nothing is kept but a header that comes in pieces, and payloads are skipped. A hot path where input is watched: everything that a viewer sends.
 */
export class FrameHeaders {
  /** RFC 6455, section 5.2: two bytes, up to eight of length, four of the mask. */
  readonly #header = Buffer.alloc(14)
  #known = 0
  /** Bytes of a payload still to come. */
  #payload = 0

  /** Takes the next bytes; answers whether a frame with data begins in them. */
  take (chunk: Buffer): boolean {
    let data = false
    let at = 0
    while (at < chunk.length) {
      if (this.#payload > 0) {
        const skipped = Math.min(this.#payload, chunk.length - at)
        this.#payload -= skipped
        at += skipped
        continue
      }
      this.#header[this.#known++] = chunk[at++] ?? 0
      if (this.#known < this.#length) continue
      data ||= ((this.#header[0] ?? 0) & opcodeMask) < firstControl
      this.#payload = this.#payloadLength
      this.#known = 0
    }
    return data
  }

  /** Bytes of the header that has begun, as far as is known. */
  get #length (): number {
    if (this.#known < 2) return 2
    const second = this.#header[1] ?? 0
    const short = second & lengthMask
    return 2 + (short === 127 ? 8 : short === 126 ? 2 : 0) + ((second & maskBit) === 0 ? 0 : 4)
  }

  get #payloadLength (): number {
    const short = (this.#header[1] ?? 0) & lengthMask
    if (short === 127) return Number(this.#header.readBigUInt64BE(2))
    return short === 126 ? this.#header.readUInt16BE(2) : short
  }
}
