import type { Clock } from '../../clock.ts'
import { partsInPieces } from '../pieces.ts'
import type { PickedMessage } from '../protocol.ts'
import { Arrangement } from './arrangement.ts'
import { Easel } from './easel.ts'
import { decodeGeometry } from './geometry.ts'
import { GeometryStore } from './geometry-store.ts'
import { GpuPainter } from './gpu/gpu-painter.ts'
import { openGpu } from './gpu/gpu.ts'
import type { FoundGpu } from './gpu/gpu.ts'
import type { FromPainter, PaintingScene, PaintOrder } from './orders.ts'
import { Painter } from './painter.ts'
import type { Pyramid } from './textures/pyramid.ts'
import { Skin } from './textures/skin.ts'
import { TextureStore } from './textures/texture-store.ts'

/** Of geometry on a GPU, bytes: what is hidden behind others is there too; and of textures. */
const mostOnGpu = 256 * 2 ** 20
const mostTexturesOnGpu = 128 * 2 ** 20

interface Equipment {
  easel: Easel
  store: { put (part: number, level: number, glb: Uint8Array): void }
  textures: { put (texture: number, pyramid: Pyramid | null): void }
}

export interface StudioSettings {
  scene: PaintingScene
  clock: Clock
  /** Told what pictures are painted with from now on, in words, and whether a GPU has to do with it or had. */
  onChange: (words: string, gpu: boolean) => void
}

/** Paints with a GPU while there is one, else with the rasterizer. When the GPU fails, pictures go on without what was kept there: they ask for it again. */
export class Studio {
  readonly arrangement: Arrangement
  readonly #settings: StudioSettings
  readonly #parts: number
  #equipment: Equipment
  #onGpu = false
  /** Kept whole until the thread ends: Dawn is gone as soon as nobody has its `gpu`, whatever it is still at. */
  #found: Extract<FoundGpu, { status: 'found' }> | null = null

  private constructor (settings: StudioSettings) {
    const { instances, parts } = settings.scene
    this.#settings = settings
    this.#parts = partsInPieces(parts).length
    this.arrangement = new Arrangement(instances.length)
    this.#equipment = this.#rasterizer()
  }

  /** Looks for the GPU first. */
  static async open (settings: StudioSettings): Promise<Studio> {
    const studio = new Studio(settings)
    await studio.#seekGpu()
    return studio
  }

  async put (part: number, level: number, glb: Uint8Array): Promise<void> {
    await this.#try(async ({ store }) => { store.put(part, level, glb) })
  }

  async dress (texture: number, pyramid: Pyramid | null): Promise<void> {
    await this.#try(async ({ textures }) => { textures.put(texture, pyramid) })
  }

  async pick (x: number, y: number): Promise<Pick<PickedMessage, 'instance' | 'point'>> {
    return await this.#try(async ({ easel }) => await easel.pick(x, y))
  }

  async paint (order: PaintOrder, superseded: () => boolean): Promise<FromPainter> {
    return await this.#try(async ({ easel }) => await easel.paint(order, superseded))
  }

  rest (): void {
    this.#equipment.easel.rest()
  }

  /** Resolves when the GPU has nothing more to do for us; the thread waits in here for one that is still at something. */
  async close (): Promise<void> {
    this.#found?.device.destroy()
    await this.#found?.device.lost
  }

  async #seekGpu (): Promise<void> {
    const { scene, clock, onChange } = this.#settings
    const found = typeof scene.gpu === 'string' ? { status: 'none', why: scene.gpu } as const : await openGpu(scene.gpu)
    if (found.status === 'none') return onChange(`the rasterizer: ${found.why}`, false)
    const { device, pipeline, name } = found
    const painter = new GpuPainter({ device, pipeline, scene, parts: this.#parts, arrangement: this.arrangement, mostBytes: mostOnGpu, mostTextureBytes: mostTexturesOnGpu, clock })
    this.#equipment = { easel: this.#easel(painter), store: painter.store, textures: painter.textures }
    this.#found = found
    this.#onGpu = true
    onChange(`the GPU ${name}`, true)
  }

  async #try<T> (work: (equipment: Equipment) => Promise<T>): Promise<T> {
    try {
      return await work(this.#equipment)
    } catch (error) {
      if (!this.#onGpu) throw error
      this.#onGpu = false
      this.#letGo()
      this.#equipment = this.#rasterizer()
      this.#settings.onChange(`the rasterizer: the GPU failed: ${(error as Error).message.split('\n')[0]}`, true)
      return await work(this.#equipment)
    }
  }

  /** Has what lies on the GPU freed as soon as the GPU has done all it was told: to destroy the device before would wait for that, and a GPU that hangs never does it. */
  #letGo (): void {
    const { device } = this.#found!
    const free = () => { device.destroy() }
    device.queue.onSubmittedWorkDone().then(free, free)
  }

  #rasterizer (): Equipment {
    const { scene } = this.#settings
    const store = new GeometryStore(this.#parts, scene.mostBytes, decodeGeometry)
    const textures = new TextureStore(scene.textures, scene.mostTextureBytes, pyramid => new Skin(pyramid))
    return { easel: this.#easel(new Painter(scene, store, textures, this.arrangement)), store, textures }
  }

  #easel (artist: Painter | GpuPainter): Easel {
    const { scene: { instances }, clock } = this.#settings
    return new Easel(artist, instances.length, () => clock.now())
  }
}
