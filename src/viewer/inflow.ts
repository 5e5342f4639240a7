import type { TextureInfo } from '../stream-server/protocol.ts'
import type { Finishes } from './finishes.ts'
import { GlbDecoder, type DecodedPart } from './glb-decoder.ts'
import type { PartStore } from './part-store.ts'
import { StreamError } from './server-message.ts'
import { textureOf } from './textures.ts'
import type { DrawnExhibit } from './tools/drawn-exhibit.ts'

/** Puts what comes of a model where it is seen: files are decoded one at a time, and everything happens in the order of arrival. */
export class Inflow {
  readonly #store: PartStore
  readonly #exhibit: DrawnExhibit
  readonly #finishes: Finishes
  readonly #changed: () => void
  readonly #decoder: GlbDecoder
  readonly #textures: readonly TextureInfo[]
  #last = Promise.resolve()
  #waiting = 0
  #over = false

  /** `textures` are those of the scene; `changed` is called when there is something new to draw. */
  constructor (store: PartStore, textures: readonly TextureInfo[], exhibit: DrawnExhibit, finishes: Finishes, changed: () => void) {
    this.#store = store
    this.#textures = textures
    this.#decoder = new GlbDecoder(store.pieces.parts)
    this.#exhibit = exhibit
    this.#finishes = finishes
    this.#changed = changed
  }

  /** Files that came and are not shown yet. */
  get busy (): boolean {
    return this.#waiting > 0
  }

  /** Resolves when what is in the file is shown. Rejects with `StreamError` when it is not a file of this model. */
  async take (bytes: ArrayBuffer): Promise<void> {
    this.#waiting++
    const shown = this.#last.then(() => this.#show(bytes)).finally(() => { this.#waiting-- })
    this.#last = shown.catch(() => {})
    await shown
  }

  /** Gives up pieces, once what came before is shown. */
  drop (pieces: readonly number[]): void {
    this.#last = this.#last.then(() => {
      if (this.#over) return
      for (const piece of pieces) {
        this.#store.drop(piece)
        this.#exhibit.refined(piece)
      }
      this.#changed()
    })
  }

  /** Shows what was decoded; draws nothing yet. Rejects with `StreamError` when the scene has no such part or level, or another texture on it. */
  async put ({ part, level, geometry, image }: DecodedPart): Promise<void> {
    if (!this.#store.knows(part, level)) throw new StreamError('The stream server sent geometry of a part that the scene does not have.')
    if (image !== undefined) {
      const told = this.#textures[image.texture]
      if (told === undefined || image.texture !== this.#store.pieces.parts[part]?.texture) throw new StreamError('The stream server sent a texture that does not lie on its part.')
      const texture = await textureOf(image, told)
      if (this.#over) return texture.dispose()
      this.#finishes.lay(image.texture, texture)
    }
    this.#store.show(part, level, geometry)
    this.#exhibit.refined(part)
  }

  /** From now on nothing is shown any more. */
  close (): void {
    this.#over = true
  }

  async #show (bytes: ArrayBuffer): Promise<void> {
    if (this.#over) return
    const decoded = await this.#decoder.decode(bytes)
    if (this.#over) return
    await this.put(decoded)
    if (!this.#over) this.#changed()
  }
}
