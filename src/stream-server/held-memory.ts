import type { LevelInfo, PartInfo, TextureInfo } from './protocol.ts'

/** Memory for a level in a viewer, in bytes: positions and normals as single floats, what else the part has at its vertices, and indices. */
export function memoryOf (level: Pick<LevelInfo, 'triangles' | 'vertices'> | undefined, { texture, vertexColors }: Pick<PartInfo, 'texture' | 'vertexColors'> = {}): number {
  if (level === undefined) return 0
  return level.vertices * (24 + (texture === undefined ? 0 : 8) + (vertexColors === true ? 4 : 0)) + level.triangles * 12
}

/** Memory for a texture in a viewer, in bytes: four for each pixel, and a third more for its smaller copies. */
export const textureMemory = ({ width, height }: Pick<TextureInfo, 'width' | 'height'>): number => Math.ceil(width * height * 16 / 3)

/** Adds up what a viewer needs for the levels that it holds, as it and its server reckon it: their geometry, and each texture that lies on any of them, once. */
export class HeldMemory {
  readonly #parts: readonly PartInfo[]
  readonly #copies: ArrayLike<number>
  readonly #textures: readonly TextureInfo[]
  /** Per texture: parts held that have it. */
  readonly #users: Uint32Array
  #bytes = 0

  /** `parts` are as the stream counts them; `copies` says how many times the geometry of each is held. */
  constructor (parts: readonly PartInfo[], copies: ArrayLike<number>, textures: readonly TextureInfo[]) {
    this.#parts = parts
    this.#copies = copies
    this.#textures = textures
    this.#users = new Uint32Array(textures.length)
  }

  get bytes (): number {
    return this.#bytes
  }

  /** Whether a texture lies on something held. */
  needs (texture: number): boolean {
    return (this.#users[texture] ?? 0) > 0
  }

  /** One level (-1: none) of a part for another. */
  change (part: number, from: number, to: number): void {
    const info = this.#parts[part]
    if (info === undefined) return
    this.#bytes += (this.#copies[part] ?? 1) * (memoryOf(info.levels[to], info) - memoryOf(info.levels[from], info))
    const texture = info.texture === undefined ? undefined : this.#textures[info.texture]
    if (texture === undefined || info.texture === undefined || (from < 0) === (to < 0)) return
    const before = this.needs(info.texture)
    this.#users[info.texture]! += to < 0 ? -1 : 1
    if (this.needs(info.texture) !== before) this.#bytes += to < 0 ? -textureMemory(texture) : textureMemory(texture)
  }
}
