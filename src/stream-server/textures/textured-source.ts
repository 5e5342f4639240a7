import { partsInPieces } from '../pieces.ts'
import type { PartInfo, SceneMessage } from '../protocol.ts'
import { withImage } from './with-image.ts'

interface Textured {
  readonly scene: SceneMessage
  read (part: number, level: number): Promise<Buffer>
  readTexture (texture: number): Promise<Buffer>
}

/** A pack as one viewer gets it: each texture comes with the first file of a part that has it, and again only when no part with it was held any more. */
export class TexturedSource {
  readonly scene: SceneMessage
  readonly #pack: Textured
  readonly #parts: PartInfo[]
  readonly #sent = new Set<number>()

  constructor (pack: Textured) {
    this.scene = pack.scene
    this.#pack = pack
    this.#parts = partsInPieces(pack.scene.parts)
  }

  /** Textures of parts that the viewer holds have come before them; all others are sent again. */
  uncertain (holds: (part: number) => boolean): void {
    this.#sent.clear()
    for (const [part, { texture }] of this.#parts.entries()) if (texture !== undefined && holds(part)) this.#sent.add(texture)
  }

  async read (part: number, level: number): Promise<Buffer> {
    const glb = await this.#pack.read(part, level)
    const texture = this.#parts[part]?.texture
    const info = texture === undefined ? undefined : this.scene.textures?.[texture]
    if (texture === undefined || info === undefined || this.#sent.has(texture)) return glb
    this.#sent.add(texture)
    return withImage(glb, texture, info.mimeType, await this.#pack.readTexture(texture))
  }
}
