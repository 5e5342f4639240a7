import type { View } from '../../csr/plan.ts'
import type { Figure } from '../composition.ts'
import type { Lighting } from '../lighting.ts'
import { clipFromGrid, isMirrored, rowFromGrid, worldFromNormal } from '../transform.ts'
import type { Mesh } from './mesh.ts'

/** Numbers of 32 bits that the shader is told of one figure. */
const stride = 44
export const recordBytes = stride * 4

export const flags = { mirrored: 1, oneSided: 2, cut: 4, flatInside: 8 } as const

/** What the shader is told of the figures of one picture: in the order in which `shader.ts` declares it. Keeps its memory from picture to picture. */
export class Records {
  bytes = new ArrayBuffer(0)
  #numbers = new Float32Array(0)
  #words = new Uint32Array(0)

  /** Makes room; what is in there is lost. */
  grow (count: number): void {
    if (count * recordBytes <= this.bytes.byteLength) return
    this.bytes = new ArrayBuffer(Math.ceil(count * 1.5) * recordBytes)
    this.#numbers = new Float32Array(this.bytes)
    this.#words = new Uint32Array(this.bytes)
  }

  write (place: number, figure: Figure<Mesh>, { viewProjection }: Pick<View, 'viewProjection'>, lighting: Lighting): void {
    const { geometry, id, matrix, surface, toEye, cover, phase, whole, section, cutOpen } = figure
    const at = place * stride
    const numbers = this.#numbers
    const words = this.#words
    clipFromGrid(numbers, at, viewProjection, matrix, geometry)
    rowFromGrid(numbers, at + 16, section ?? [0, 0, 0, 1], matrix, geometry)
    worldFromNormal(numbers, at + 20, 4, matrix)
    lighting.aim(surface, toEye)
    numbers.set([surface.red, surface.green, surface.blue, surface.shininess, ...lighting.highlight], at + 32)
    words[at + 40] = id
    words[at + 41] = cover | phase << 8
    words[at + 42] = (isMirrored(matrix) ? flags.mirrored : 0) |
      (geometry.closed && whole && cover >= 16 ? flags.oneSided : 0) |
      (section === null ? 0 : flags.cut) |
      (cutOpen === null ? 0 : flags.flatInside)
    words[at + 43] = cutOpen === null ? 0 : lighting.ofCut(cutOpen)
  }
}
