/** Shorter ones are no secrets, and would be found all over the output. */
const shortest = 4
const instead = '<hidden>'

/**
 * Takes secrets out of a stream of bytes, also where one lies across two chunks: what may be the beginning of a secret is held back
 * until it is known. Without secrets every chunk passes as it is.
 */
export class Redaction {
  readonly #secrets: readonly string[]
  /** One character a byte, as all the text in here. */
  #held = ''

  constructor (secrets: readonly string[]) {
    this.#secrets = secrets.filter(secret => secret.length >= shortest).map(secret => Buffer.from(secret).toString('latin1')).sort((a, b) => b.length - a.length)
  }

  /** What may be kept by now. */
  pass (chunk: Buffer): Buffer {
    if (this.#secrets.length === 0) return chunk
    const text = this.#secrets.reduce((all, secret) => all.replaceAll(secret, instead), this.#held + chunk.toString('latin1'))
    const end = text.length - Math.max(...this.#secrets.map(secret => begun(text, secret)))
    this.#held = text.slice(end)
    return Buffer.from(text.slice(0, end), 'latin1')
  }

  /** What was held back; the stream has ended. */
  rest (): Buffer {
    const held = this.#held
    this.#held = ''
    return Buffer.from(held, 'latin1')
  }
}

/** Characters at the end of `text` with which `secret` begins. */
function begun (text: string, secret: string): number {
  for (let length = Math.min(secret.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(secret.slice(0, length))) return length
  }
  return 0
}
