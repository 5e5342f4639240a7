import type { View } from '../../csr/plan.ts'
import type { Figure } from '../composition.ts'
import type { Lighting } from '../lighting.ts'
import { clipFromGrid, isMirrored, rowFromGrid, worldFromNormal } from '../transform.ts'
import type { Mesh } from './mesh.ts'

/** Numbers of 32 bits that the shader is told of one figure. */
const stride = 44
export const recordBytes = stride * 4

export const flags = { mirrored: 1, oneSided: 2, cut: 4, hatched: 8 } as const

/**
 * What the shader is told of the figures of one picture: in the order in which `shader.ts` declares it. Written one by one as they come, whatever their mesh,
 * since figures that are kept would take as much again. Keeps its memory from picture to picture.
 */
export class Records {
  bytes = new ArrayBuffer(0)
  count = 0
  /** How many figures each mesh has, in the order in which the meshes came. */
  readonly meshes = new Map<Mesh, { number: number, figures: number }>()
  readonly #most: number
  #numbers = new Float32Array(0)
  #words = new Uint32Array(0)
  /** Number of each figure's mesh. */
  #meshOf = new Uint32Array(0)

  /** For `most` figures of one picture. */
  constructor (most: number) {
    this.#most = most
  }

  /** Begins another picture. */
  clear (): void {
    this.count = 0
    this.meshes.clear()
  }

  /** Where the records are of the figures, mesh by mesh. */
  places (): Uint32Array<ArrayBuffer> {
    const next = new Uint32Array(this.meshes.size)
    let first = 0
    for (const { number, figures } of this.meshes.values()) {
      next[number] = first
      first += figures
    }
    const places = new Uint32Array(this.count)
    for (let place = 0; place < this.count; place++) places[next[this.#meshOf[place]!]!++] = place
    return places
  }

  /** Throws when there are too many. */
  write (figure: Figure<Mesh, unknown>, { viewProjection }: Pick<View, 'viewProjection'>, lighting: Lighting): void {
    const { geometry, id, matrix, surface, toEye, cover, phase, whole, section, isCutOpen } = figure
    const place = this.count
    if (place === this.#most) throw new Error(`there is more to be seen than ${this.#most} instances`)
    if (place === this.#meshOf.length) this.#grow()
    this.count++
    const mesh = this.meshes.get(geometry)
    if (mesh === undefined) this.meshes.set(geometry, { number: this.meshes.size, figures: 1 })
    else mesh.figures++
    this.#meshOf[place] = mesh?.number ?? this.meshes.size - 1
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
      (isCutOpen ? flags.hatched : 0)
  }

  #grow (): void {
    const room = Math.min(this.#most, Math.max(64, this.count * 2))
    const words = new Uint32Array(room * stride)
    words.set(this.#words)
    this.#words = words
    this.bytes = words.buffer
    this.#numbers = new Float32Array(words.buffer)
    const meshOf = new Uint32Array(room)
    meshOf.set(this.#meshOf)
    this.#meshOf = meshOf
  }
}
