import type { Geometry } from './geometry.ts'

/** What is kept of a part at one level so that it can be drawn. */
export interface Kept {
  /** No open edges: whoever is outside never sees an inside. */
  closed: boolean
  /** Its corners have places on a texture, or colours. */
  adorned: boolean
  /** How much of its texture lies along a metre; 0 where there is none. */
  stretch: number
  /** Memory it takes. */
  bytes: number
}

/** Decoded parts, as many as the memory allows; those drawn longest ago go first. */
export class GeometryStore<T extends Kept = Geometry> {
  #most: number
  #decode: (glb: Uint8Array) => T
  #discard: (kept: T) => void
  #bytes = 0
  /** By part, then level. */
  #shelves: Array<Array<{ geometry: T, used: number } | undefined>>
  #picture = 0

  /** `most` is in bytes. `discard` is told of what goes. */
  constructor (parts: number, most: number, decode: (glb: Uint8Array) => T, discard: (kept: T) => void = () => {}) {
    this.#most = most
    this.#decode = decode
    this.#discard = discard
    this.#shelves = Array.from({ length: parts }, () => [])
  }

  /** Whether another geometry may be asked for. */
  get hasRoom (): boolean {
    return this.#bytes < this.#most
  }

  get bytes (): number {
    return this.#bytes
  }

  /** A new picture begins: what it does not use may go. */
  turn (): void {
    this.#picture++
  }

  put (part: number, level: number, glb: Uint8Array): void {
    const shelf = this.#shelves[part]
    if (shelf === undefined || shelf[level] !== undefined) return
    const geometry = this.#decode(glb)
    if (this.#bytes + geometry.bytes > this.#most) this.#evict(geometry.bytes)
    shelf[level] = { geometry, used: this.#picture }
    this.#bytes += geometry.bytes
  }

  has (part: number, level: number): boolean {
    return this.#shelves[part]?.[level] !== undefined
  }

  /** The level, or what comes nearest to it: rather a coarser than a finer one. */
  get (part: number, level: number): T | undefined {
    const shelf = this.#shelves[part] ?? []
    let found = shelf[level]
    for (let coarser = level - 1; found === undefined && coarser >= 0; coarser--) found = shelf[coarser]
    for (let finer = level + 1; found === undefined && finer < shelf.length; finer++) found = shelf[finer]
    if (found === undefined) return undefined
    found.used = this.#picture
    return found.geometry
  }

  /** The last picture's geometry stays. */
  #evict (room: number): void {
    const old = this.#shelves.flatMap((shelf, part) => shelf.flatMap((entry, level) => entry !== undefined && entry.used < this.#picture ? [{ part, level, used: entry.used, bytes: entry.geometry.bytes }] : []))
    for (const { part, level, bytes } of old.sort((a, b) => a.used - b.used)) {
      if (this.#bytes + room <= this.#most) return
      this.#discard(this.#shelves[part]![level]!.geometry)
      this.#shelves[part]![level] = undefined
      this.#bytes -= bytes
    }
  }
}
