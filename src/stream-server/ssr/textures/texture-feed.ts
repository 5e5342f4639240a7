import type { Pyramid } from './pyramid.ts'
import type { TextureWish } from './texture-store.ts'
import { unpack } from './unpacking.ts'
import type { PackedImage } from './unpacking.ts'

export interface TextureFeedSettings {
  /** Where the bundled `unpack.mjs` is. */
  program: string
  read (texture: number): Promise<Buffer>
  /** One has come; null: it cannot be had. */
  onCome (texture: number, pyramid: Pyramid | null): void
  /** All that were wanted have come. */
  onIdle (): void
  /** An image cannot be read. */
  onBroken (error: Error): void
}

/** Image files that one thread is given at once. */
const mostAtOnce = 8

/** Brings the textures that pictures lack, a few at a time. */
export class TextureFeed {
  readonly #settings: TextureFeedSettings
  #waiting: TextureWish[] = []
  #working = false
  #end = () => {}
  #closed = false

  constructor (settings: TextureFeedSettings) {
    this.#settings = settings
  }

  /** Nothing is on its way. */
  get isIdle (): boolean {
    return !this.#working && this.#waiting.length === 0
  }

  bring (wishes: TextureWish[]): void {
    this.#waiting.push(...wishes)
    void this.#work()
  }

  close (): void {
    this.#closed = true
    this.#waiting = []
    this.#end()
  }

  async #work (): Promise<void> {
    if (this.#working || this.#waiting.length === 0) return
    this.#working = true
    const { program, read, onCome, onIdle, onBroken } = this.#settings
    const images: PackedImage[] = []
    try {
      for (const { texture, level } of this.#waiting.splice(0, mostAtOnce)) images.push({ texture, level, file: new Uint8Array(await read(texture)) })
    } catch (error) {
      return onBroken(error as Error)
    }
    if (this.#closed) return
    this.#end = unpack(program, images, ({ texture, pyramid }) => { onCome(texture, pyramid) }, () => {
      this.#working = false
      if (this.#waiting.length === 0) onIdle()
      else void this.#work()
    })
  }
}
