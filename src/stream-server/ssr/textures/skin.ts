import { linear, stepsOf } from './pyramid.ts'
import type { Pyramid, Step } from './pyramid.ts'

/** A texture as the rasterizer looks colours up in it: it repeats beyond its edges, between pixels and between copies it is blended. */
export class Skin {
  readonly width: number
  readonly height: number
  /** What was looked up last, linear. */
  red = 1
  green = 1
  blue = 1
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
    const last = this.#steps.length - 1
    if (!(level > 0)) return this.#blend(u, v, this.#steps[0]!)
    if (level >= last) return this.#blend(u, v, this.#steps[last]!)
    const finer = level | 0
    const share = level - finer
    this.#blend(u, v, this.#steps[finer]!)
    const { red, green, blue } = this
    this.#blend(u, v, this.#steps[finer + 1]!)
    this.red = red + (this.red - red) * share
    this.green = green + (this.green - green) * share
    this.blue = blue + (this.blue - blue) * share
  }

  #blend (u: number, v: number, { at, width, height }: Step): void {
    const x = (u - Math.floor(u)) * width - 0.5
    const y = (v - Math.floor(v)) * height - 0.5
    const column = Math.floor(x)
    const row = Math.floor(y)
    const right = x - column
    const down = y - row
    const x0 = column < 0 ? width - 1 : column
    const x1 = column + 1 >= width ? 0 : column + 1
    const upper = at + (row < 0 ? height - 1 : row) * width
    const lower = at + (row + 1 >= height ? 0 : row + 1) * width
    const texels = this.#texels
    const a = texels[upper + x0]!
    const b = texels[upper + x1]!
    const c = texels[lower + x0]!
    const d = texels[lower + x1]!
    if (a === b && a === c && a === d) {
      this.red = linear[a & 255]!
      this.green = linear[a >> 8 & 255]!
      this.blue = linear[a >> 16 & 255]!
      return
    }
    const wb = right * (1 - down)
    const wa = 1 - down - wb
    const wd = right * down
    const wc = down - wd
    this.red = wa * linear[a & 255]! + wb * linear[b & 255]! + wc * linear[c & 255]! + wd * linear[d & 255]!
    this.green = wa * linear[a >> 8 & 255]! + wb * linear[b >> 8 & 255]! + wc * linear[c >> 8 & 255]! + wd * linear[d >> 8 & 255]!
    this.blue = wa * linear[a >> 16 & 255]! + wb * linear[b >> 16 & 255]! + wc * linear[c >> 16 & 255]! + wd * linear[d >> 16 & 255]!
  }
}

/** Lies where there is no texture. */
export const bare: Skin = new Skin({ level: 0, width: 1, height: 1, texels: new Uint32Array([0xffffffff]) })
