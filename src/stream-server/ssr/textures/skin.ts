import { linear, stepsOf } from './pyramid.ts'
import type { Pyramid, Step } from './pyramid.ts'

/** A texture as the rasterizer looks colours up in it: it repeats beyond its edges, between pixels and between copies it is blended. */
export class Skin {
  readonly width: number
  readonly height: number
  /** Red, green and blue of what was looked up last, linear. */
  readonly seen: Float64Array = new Float64Array(3).fill(1)
  readonly #texels: Uint32Array
  readonly #steps: Step[]

  constructor ({ width, height, texels }: Pyramid) {
    this.width = width
    this.height = height
    this.#texels = texels
    this.#steps = stepsOf(width, height)
  }

  /** Looks up a place; `level` says of which copy, counted from the largest here, and may lie between two. */
  look (u: number, v: number, level: number): void {
    const across = u - Math.floor(u)
    const down = v - Math.floor(v)
    const last = this.#steps.length - 1
    if (!(level > 0)) return this.#blend(across, down, this.#steps[0]!, 1)
    if (level >= last) return this.#blend(across, down, this.#steps[last]!, 1)
    const finer = level | 0
    this.#blend(across, down, this.#steps[finer]!, 1)
    // What is less than a byte is not looked up.
    if (level - finer > 1 / 256) this.#blend(across, down, this.#steps[finer + 1]!, level - finer)
  }

  /** Takes so much of what is at a place of one copy, and the rest of what was seen before. */
  #blend (u: number, v: number, { at, width, height }: Step, share: number): void {
    const x = u * width + 0.5
    const y = v * height + 0.5
    const x1 = x | 0
    const y1 = y | 0
    const right = x - x1
    const lower = y - y1
    const upper = at + (y1 === 0 ? height - 1 : y1 - 1) * width
    const under = at + (y1 >= height ? 0 : y1) * width
    const before = x1 === 0 ? width - 1 : x1 - 1
    const after = x1 >= width ? 0 : x1
    const texels = this.#texels
    const a = texels[upper + before]!
    const b = texels[upper + after]!
    const c = texels[under + before]!
    const d = texels[under + after]!
    const wb = right * (1 - lower)
    const wa = 1 - lower - wb
    const wd = right * lower
    const wc = lower - wd
    const { seen } = this
    const rest = 1 - share
    seen[0] = rest * seen[0]! + share * (wa * linear[a & 255]! + wb * linear[b & 255]! + wc * linear[c & 255]! + wd * linear[d & 255]!)
    seen[1] = rest * seen[1]! + share * (wa * linear[a >> 8 & 255]! + wb * linear[b >> 8 & 255]! + wc * linear[c >> 8 & 255]! + wd * linear[d >> 8 & 255]!)
    seen[2] = rest * seen[2]! + share * (wa * linear[a >> 16 & 255]! + wb * linear[b >> 16 & 255]! + wc * linear[c >> 16 & 255]! + wd * linear[d >> 16 & 255]!)
  }
}

/** Lies where there is no texture. */
export const bare: Skin = new Skin({ level: 0, width: 1, height: 1, texels: new Uint32Array([0xffffffff]) })
