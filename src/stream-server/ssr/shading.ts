import type { Lighting } from './lighting.ts'
import { worldFromNormal } from './transform.ts'

/** Colours of normals that are kept for one copy; a power of two. */
const kept = 1024

/** The colours of one copy's corners, each found when it is first asked for: what is not seen is not lit. */
export class Shading {
  /** Packed, of those corners that were asked for. */
  front = new Uint32Array(0)
  back = new Uint32Array(0)
  /** The copy that a colour is of. */
  #frontOf = new Uint32Array(0)
  #backOf = new Uint32Array(0)
  #copy = 0
  /** Colours by normal: faces are flat, and their corners all alike. */
  #normal = new Int32Array(kept * 2)
  #color = new Uint32Array(kept * 2)
  #colorOf = new Uint32Array(kept * 2)
  /** World from part, for normals, up to their length. */
  #matrix = new Float64Array(9)
  #normals: ArrayLike<number> = new Int8Array(0)
  #lighting: Lighting | null = null

  /** Another copy is lit: `normals` are four numbers apart, `matrix` is its column-major 4×4. Backs that are `hatched` are all alike, and not lit. */
  begin (normals: Int8Array, matrix: ArrayLike<number>, lighting: Lighting, hatched: boolean): void {
    const count = normals.length / 4
    if (this.front.length < count) {
      this.front = new Uint32Array(count)
      this.back = new Uint32Array(count)
      this.#frontOf = new Uint32Array(count)
      this.#backOf = new Uint32Array(count)
    }
    this.#copy++
    this.#normals = normals
    this.#lighting = lighting
    worldFromNormal(this.#matrix, 0, 3, matrix)
    if (!hatched) return
    this.back.fill(0, 0, count)
    this.#backOf.fill(this.#copy, 0, count)
  }

  /** Finds the colours of three corners seen from their front. */
  front3 (a: number, b: number, c: number): void {
    const copy = this.#copy
    const of = this.#frontOf
    if (of[a] !== copy) { of[a] = copy; this.front[a] = this.#light(a, 1) }
    if (of[b] !== copy) { of[b] = copy; this.front[b] = this.#light(b, 1) }
    if (of[c] !== copy) { of[c] = copy; this.front[c] = this.#light(c, 1) }
  }

  /** The same from their back. */
  back3 (a: number, b: number, c: number): void {
    const copy = this.#copy
    const of = this.#backOf
    if (of[a] !== copy) { of[a] = copy; this.back[a] = this.#light(a, -1) }
    if (of[b] !== copy) { of[b] = copy; this.back[b] = this.#light(b, -1) }
    if (of[c] !== copy) { of[c] = copy; this.back[c] = this.#light(c, -1) }
  }

  #light (corner: number, side: 1 | -1): number {
    const at = corner * 4
    const nx = this.#normals[at]!
    const ny = this.#normals[at + 1]!
    const nz = this.#normals[at + 2]!
    const key = (nx & 255) << 16 | (ny & 255) << 8 | nz & 255
    const place = (Math.imul(key, 0x9e3779b1) >>> 22) * 2 + (side > 0 ? 0 : 1)
    if (this.#colorOf[place] === this.#copy && this.#normal[place] === key) return this.#color[place]!
    const m = this.#matrix
    const x = m[0]! * nx + m[3]! * ny + m[6]! * nz
    const y = m[1]! * nx + m[4]! * ny + m[7]! * nz
    const z = m[2]! * nx + m[5]! * ny + m[8]! * nz
    const scale = side / (Math.sqrt(x * x + y * y + z * z) || 1)
    const color = this.#lighting!.of(x * scale, y * scale, z * scale)
    this.#colorOf[place] = this.#copy
    this.#normal[place] = key
    this.#color[place] = color
    return color
  }
}
