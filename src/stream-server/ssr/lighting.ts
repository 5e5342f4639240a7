import { packed } from './framebuffer.ts'

/** How a part's surface answers light. */
export interface Surface {
  /** Linear, 0 to 1. */
  red: number
  green: number
  blue: number
  /** Strength of the highlight, linear, and its narrowness. */
  specular: number
  shininess: number
}

/** Surfaces as the viewer that draws in the browser has them: plain, metal, glass. */
export function surfaceOf ({ color: [red, green, blue, alpha], metallic }: { color: [number, number, number, number], metallic: number }): Surface {
  if (alpha < 1) return { red, green, blue, specular: 0.127, shininess: 80 }
  return metallic >= 0.5 ? { red, green, blue, specular: 0.174, shininess: 60 } : { red, green, blue, specular: 0.0116, shininess: 24 }
}

/** A light at the viewer's shoulder, and one from above and below, as linear colours. */
export const head = 1.9 / Math.PI
export const fromSky = [0.905, 0.939, 1].map(value => value * 1.5 / Math.PI) as [number, number, number]
export const fromGround = [0.159, 0.144, 0.133].map(value => value * 1.5 / Math.PI) as [number, number, number]
const shoulder = [-0.4, 0.7, 2].map(value => value / Math.hypot(0.4, 0.7, 2)) as [number, number, number]

const encoded = new Uint8Array(4096).map((_, i) => {
  const value = i / 4095
  return Math.round(255 * (value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055))
})
/** A byte for a linear value that is at least 0. */
export const encode = (value: number): number => encoded[value >= 1 ? 4095 : (value * 4095) | 0]!

/** Hatching of cut faces runs across both axes and comes again after so many pixels. */
export const hatchPeriod = 12
/** Share of its colour that a cut face has on a line and between lines, and how far from a line's middle one becomes the other, in pixels. */
export const hatch = { line: 0.5, between: 0.78, from: 0.4, to: 1.4 }
/** The same by column plus height minus row, modulo the period. */
export const hatchShares: Float32Array = Float32Array.from({ length: hatchPeriod }, (_, i) => {
  const share = Math.min(1, Math.max(0, (Math.abs(i - hatchPeriod / 2) - hatch.from) / (hatch.to - hatch.from)))
  return hatch.line + (hatch.between - hatch.line) * share * share * (3 - 2 * share)
})

/** Packed colours of the face of a cut, whatever the light, by the places of its hatching. */
export function hatched ({ red, green, blue }: Surface): Uint32Array {
  return Uint32Array.from(hatchShares, share => packed(encode(red * share), encode(green * share), encode(blue * share)))
}

/** The light of a picture, by its column-major clip-from-world matrix. */
export function lightingOf (m: ArrayLike<number>): Lighting {
  const right = unit([m[0]!, m[4]!, m[8]!])
  const up = unit([m[1]!, m[5]!, m[9]!])
  const back = unit([right[1] * up[2] - right[2] * up[1], right[2] * up[0] - right[0] * up[2], right[0] * up[1] - right[1] * up[0]])
  return new Lighting(right, up, back)
}

/** The vector with a length of 1. */
export const unit = ([x, y, z]: [number, number, number]): [number, number, number] => {
  const length = Math.hypot(x, y, z) || 1
  return [x / length, y / length, z / length]
}

/** The light of one picture, in world space; its light moves with the eye. */
export class Lighting {
  /** To the light. */
  #lx: number
  #ly: number
  #lz: number
  /** Between light and eye. */
  #hx = 0
  #hy = 0
  #hz = 0
  #surface: Surface = { red: 0, green: 0, blue: 0, specular: 0, shininess: 1 }
  #schlick = 0

  /** Unit vectors in the world: to the right, up, and back towards the eye. */
  constructor (right: ArrayLike<number>, up: ArrayLike<number>, back: ArrayLike<number>) {
    const along = (k: number) => shoulder[0] * right[k]! + shoulder[1] * up[k]! + shoulder[2] * back[k]!
    this.#lx = along(0)
    this.#ly = along(1)
    this.#lz = along(2)
  }

  /** What is lit next, and the unit vector from there to the eye. */
  aim (surface: Surface, toEye: ArrayLike<number>): void {
    this.#surface = surface
    const x = this.#lx + toEye[0]!
    const y = this.#ly + toEye[1]!
    const z = this.#lz + toEye[2]!
    const length = Math.hypot(x, y, z) || 1
    this.#hx = x / length
    this.#hy = y / length
    this.#hz = z / length
    const grazing = 1 - Math.min(1, Math.max(0, this.#hx * toEye[0]! + this.#hy * toEye[1]! + this.#hz * toEye[2]!))
    this.#schlick = surface.specular + (1 - surface.specular) * grazing ** 5
  }

  /** Unit vector to the light. */
  get toLight (): [number, number, number] {
    return [this.#lx, this.#ly, this.#lz]
  }

  /** For what was aimed at: the unit vector between light and eye, and the strength of the highlight as it is seen from there. */
  get highlight (): [number, number, number, number] {
    return [this.#hx, this.#hy, this.#hz, this.#schlick]
  }

  /** What light makes of a surface with this unit normal, linear, written at `at`: red, green and blue, which colours on it are factors of, and the highlight, which is added. */
  linear (out: Float32Array, at: number, x: number, y: number, z: number): void {
    const { red, green, blue } = this.#surface
    const facing = x * this.#lx + y * this.#ly + z * this.#lz
    const sky = 0.5 + 0.5 * y
    const direct = facing > 0 ? facing * head : 0
    out[at] = red * (direct + fromGround[0] + (fromSky[0] - fromGround[0]) * sky)
    out[at + 1] = green * (direct + fromGround[1] + (fromSky[1] - fromGround[1]) * sky)
    out[at + 2] = blue * (direct + fromGround[2] + (fromSky[2] - fromGround[2]) * sky)
    out[at + 3] = this.#shine(x, y, z, direct)
  }

  /** Packed colour of a surface with this unit normal. */
  of (x: number, y: number, z: number): number {
    const { red, green, blue } = this.#surface
    const facing = x * this.#lx + y * this.#ly + z * this.#lz
    const sky = 0.5 + 0.5 * y
    const direct = facing > 0 ? facing * head : 0
    const shine = this.#shine(x, y, z, direct)
    return packed(
      encode(red * (direct + fromGround[0] + (fromSky[0] - fromGround[0]) * sky) + shine),
      encode(green * (direct + fromGround[1] + (fromSky[1] - fromGround[1]) * sky) + shine),
      encode(blue * (direct + fromGround[2] + (fromSky[2] - fromGround[2]) * sky) + shine)
    )
  }

  #shine (x: number, y: number, z: number, direct: number): number {
    if (direct === 0) return 0
    const half = x * this.#hx + y * this.#hy + z * this.#hz
    const { shininess } = this.#surface
    return half > 0.8 ? direct * this.#schlick * 0.25 * (shininess * 0.5 + 1) * Math.exp(shininess * Math.log(half)) : 0
  }
}
