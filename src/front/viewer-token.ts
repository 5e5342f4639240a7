import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../clock.ts'

/** A session as a token names it. */
export interface Seat {
  /** UUID of the session. */
  id: string
  /** Port of its stream server. */
  port: number
}

/** What a token turned out to be. */
export type TokenReading = { status: 'valid' } & Seat | { status: 'forged' } | { status: 'expired' } & Seat

/** The key that a text stands for; for an empty one a new key. */
export function tokenKey (text: string): Buffer {
  return text === '' ? randomBytes(32) : createHash('sha256').update(text).digest()
}

/** Version, port, expiry in seconds since 1970, the 16 bytes of the session's id. */
const claimBytes = 1 + 2 + 4 + 16
/** HMAC-SHA256, cut to 128 bits: RFC 2104, section 5, allows half of it. */
const macBytes = 16
const version = 1
const form = new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((claimBytes + macBytes) * 4 / 3)}}$`)

/**
 * Tokens that let a viewer in to one session: signed, expiring, and readable without looking anything up, so that any service
 * with the same key can check them. Whether the seat is still free is for the session to say.
 */
export class ViewerTokens {
  readonly #key: Buffer
  readonly #lifetime: number
  readonly #clock: Clock

  /** @param lifetime milliseconds. @param key at least 32 bytes nobody else knows */
  constructor ({ key, lifetime, clock }: { key: Buffer, lifetime: number, clock: Clock }) {
    if (key.length < 32) throw new RangeError('a key of at least 32 bytes was expected')
    this.#key = key
    this.#lifetime = lifetime
    this.#clock = clock
  }

  /** A token for a session that is ready now: 52 characters that need no escaping in a URL. */
  issue ({ id, port }: Seat): string {
    const claim = Buffer.alloc(claimBytes)
    claim.writeUInt8(version, 0)
    claim.writeUInt16BE(port, 1)
    claim.writeUInt32BE(Math.ceil((this.#clock.now() + this.#lifetime) / 1_000), 3)
    claim.write(id.replaceAll('-', ''), 7, 'hex')
    return Buffer.concat([claim, this.#sign(claim)]).toString('base64url')
  }

  /** Reads a token, whoever shows it. Never throws. */
  read (token: string): TokenReading {
    if (!form.test(token)) return { status: 'forged' }
    const bytes = Buffer.from(token, 'base64url')
    const claim = bytes.subarray(0, claimBytes)
    const mac = bytes.subarray(claimBytes)
    if (!timingSafeEqual(mac, this.#sign(claim)) || claim.readUInt8(0) !== version) return { status: 'forged' }
    const status = claim.readUInt32BE(3) * 1_000 <= this.#clock.now() ? 'expired' : 'valid'
    const [, ...parts] = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(claim.toString('hex', 7)) ?? []
    return { status, id: parts.join('-'), port: claim.readUInt16BE(1) }
  }

  #sign (claim: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(claim).digest().subarray(0, macBytes)
  }
}
