import type { Geometry } from './geometry.ts'
import type { Lighting, Surface } from './lighting.ts'
import { worldFromNormal } from './transform.ts'

/** The light on one copy's corners in linear numbers, with the colours that the corners have: for what is lit pixel by pixel. Found when it is first asked for. */
export class CornerLight {
  /** Four numbers a corner: of its front, then of its back. */
  #light = new Float32Array(0)
  /** The copy that they are of. */
  #of = new Uint32Array(0)
  #copy = 0
  #matrix = new Float64Array(9)
  #geometry: Pick<Geometry, 'normals' | 'colors'> = { normals: new Int8Array(0) }
  #lighting: Lighting | null = null
  #inside: Surface | null = null

  /** Another copy is lit; its backs are as bright as `inside`, whatever the light, if there is one. */
  begin (geometry: Pick<Geometry, 'normals' | 'colors'>, matrix: ArrayLike<number>, lighting: Lighting, inside: Surface | null): void {
    const count = geometry.normals.length / 4
    if (this.#of.length < count * 2) {
      this.#light = new Float32Array(count * 8)
      this.#of = new Uint32Array(count * 2)
    }
    this.#copy++
    this.#geometry = geometry
    this.#lighting = lighting
    this.#inside = inside
    worldFromNormal(this.#matrix, 0, 3, matrix)
  }

  /** Writes red, green, blue and highlight of a corner at `at`. */
  write (out: Float64Array, at: number, corner: number, isFront: boolean): void {
    const place = corner * 2 + (isFront ? 0 : 1)
    if (this.#of[place] !== this.#copy) {
      this.#of[place] = this.#copy
      this.#find(place * 4, corner, isFront)
    }
    for (let k = 0; k < 4; k++) out[at + k] = this.#light[place * 4 + k]!
  }

  #find (at: number, corner: number, isFront: boolean): void {
    const { normals, colors } = this.#geometry
    const light = this.#light
    const inside = this.#inside
    if (!isFront && inside !== null) {
      light[at] = inside.red
      light[at + 1] = inside.green
      light[at + 2] = inside.blue
      light[at + 3] = 0
    } else {
      const m = this.#matrix
      const [nx, ny, nz] = [normals[corner * 4]!, normals[corner * 4 + 1]!, normals[corner * 4 + 2]!]
      const x = m[0]! * nx + m[3]! * ny + m[6]! * nz
      const y = m[1]! * nx + m[4]! * ny + m[7]! * nz
      const z = m[2]! * nx + m[5]! * ny + m[8]! * nz
      const scale = (isFront ? 1 : -1) / (Math.sqrt(x * x + y * y + z * z) || 1)
      this.#lighting!.linear(light, at, x * scale, y * scale, z * scale)
    }
    if (colors !== undefined) for (let k = 0; k < 3; k++) light[at + k]! *= colors[corner * 4 + k]! / 255
  }
}
