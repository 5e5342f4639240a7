import type { TextureInfo } from '../../protocol.ts'
import { lastLevel, pyramidBytes } from './pyramid.ts'
import type { Pyramid } from './pyramid.ts'

/** A texture that a picture lacks, and from which of its copies on. */
export interface TextureWish { texture: number, level: number }

interface Entry<T> { kept: T, level: number, bytes: number, used: number }

/** Textures made ready for drawing, each from one of its copies on: as fine as they are looked at, as far as the memory allows. Those drawn longest ago go first. */
export class TextureStore<T> {
  readonly #infos: ReadonlyArray<Pick<TextureInfo, 'width' | 'height'>>
  readonly #most: number
  readonly #make: (pyramid: Pyramid) => T
  readonly #discard: (kept: T) => void
  readonly #entries = new Map<number, Entry<T>>()
  /** Those on their way. */
  readonly #asked = new Map<number, number>()
  /** Those that cannot be had. */
  readonly #broken = new Set<number>()
  #bytes = 0
  #picture = 0

  /** `most` is in bytes. `discard` is told of what goes. */
  constructor (infos: ReadonlyArray<Pick<TextureInfo, 'width' | 'height'>>, most: number, make: (pyramid: Pyramid) => T, discard: (kept: T) => void = () => {}) {
    this.#infos = infos
    this.#most = most
    this.#make = make
    this.#discard = discard
  }

  get bytes (): number {
    return this.#bytes
  }

  /** A new picture begins: what it does not use may go. */
  turn (): void {
    this.#picture++
  }

  get (texture: number): T | undefined {
    const entry = this.#entries.get(texture)
    if (entry !== undefined) entry.used = this.#picture
    return entry?.kept
  }

  /** Answers what has to come so that the texture is there from this copy on, as far as there is room beside what is drawn, and waits for it; null: nothing. */
  ask (texture: number, level: number): TextureWish | null {
    const info = this.#infos[texture]
    const held = this.#entries.get(texture)
    if (info === undefined || (held !== undefined && held.level <= level) || this.#asked.has(texture) || this.#broken.has(texture)) return null
    const last = lastLevel(info.width, info.height)
    let room = this.#most
    for (const [other, { bytes, used }] of this.#entries) if (other !== texture && used >= this.#picture - 1) room -= bytes
    for (const bytes of this.#asked.values()) room -= bytes
    let fitting = Math.min(level, last)
    while (pyramidBytes(info.width, info.height, fitting) > room) if (++fitting > last) return null
    if (held !== undefined && held.level <= fitting) return null
    this.#asked.set(texture, pyramidBytes(info.width, info.height, fitting))
    return { texture, level: fitting }
  }

  /** What was asked for has come; null: it cannot be had. */
  put (texture: number, pyramid: Pyramid | null): void {
    this.#asked.delete(texture)
    if (pyramid === null) {
      this.#broken.add(texture)
      return
    }
    this.#drop(texture)
    const bytes = pyramid.texels.byteLength
    const oldest = [...this.#entries].sort(([, a], [, b]) => a.used - b.used)
    for (const [other] of oldest) if (this.#bytes + bytes > this.#most) this.#drop(other)
    this.#entries.set(texture, { kept: this.#make(pyramid), level: pyramid.level, bytes, used: this.#picture })
    this.#bytes += bytes
  }

  #drop (texture: number): void {
    const entry = this.#entries.get(texture)
    if (entry === undefined) return
    this.#entries.delete(texture)
    this.#bytes -= entry.bytes
    this.#discard(entry.kept)
  }
}
