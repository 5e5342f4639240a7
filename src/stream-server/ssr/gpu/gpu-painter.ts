import type { Clock } from '../../../clock.ts'
import type { Arrangement } from '../arrangement.ts'
import type { Artist, Painted } from '../artist.ts'
import { Composition } from '../composition.ts'
import type { PaintedScene, Shot } from '../composition.ts'
import type { Framebuffer } from '../framebuffer.ts'
import { decodeGeometry } from '../geometry.ts'
import { GeometryStore } from '../geometry-store.ts'
import { jitterOf } from '../jitter.ts'
import { lightingOf } from '../lighting.ts'
import { sharpnessOf } from '../textures/sharpness.ts'
import { TextureStore } from '../textures/texture-store.ts'
import { Canvas } from './canvas.ts'
import { Covering } from './cover.ts'
import type { Cover } from './cover.ts'
import { inTime } from './in-time.ts'
import { Layer } from './layer.ts'
import { adornmentStride, meshOf } from './mesh.ts'
import type { Mesh } from './mesh.ts'
import { adornedPipelineOf } from './pipeline.ts'

/** For a picture to come back from the GPU. */
const mostMs = 10_000
/** Instances in one picture, plain and adorned ones each: 88 MiB of records in memory, as much on the GPU. Where there are more, the rasterizer leaves out what is hidden behind others. */
const mostFigures = 2 ** 19

export interface GpuPainterSettings {
  device: GPUDevice
  pipeline: GPURenderPipeline
  scene: PaintedScene
  /** In pieces. */
  parts: number
  arrangement: Arrangement
  /** Of geometry on the GPU. */
  mostBytes: number
  mostTextureBytes: number
  clock: Clock
}

/** What it takes to draw what is adorned: made when something is. */
interface Wardrobe { layer: Layer, covering: Covering }

/** Draws pictures of a scene on a GPU. Everything rejects or throws once the device is lost: then there are no more pictures to be had here. */
export class GpuPainter implements Artist {
  readonly store: GeometryStore<Mesh>
  readonly textures: TextureStore<Cover>
  readonly #device: GPUDevice
  readonly #clock: Clock
  readonly #arrangement: Arrangement
  readonly #composition: Composition<Mesh, Cover>
  readonly #frame: GPUBuffer
  readonly #plain: Layer
  #wardrobe: Wardrobe | null = null
  #canvas: Canvas | null = null
  /** The framebuffer has depth and numbers of the last picture. */
  #isRevealed = true
  /** Why there are no more pictures. */
  #end: string | null = null

  constructor ({ device, pipeline, scene, parts, arrangement, mostBytes, mostTextureBytes, clock }: GpuPainterSettings) {
    this.#device = device
    this.#clock = clock
    this.#arrangement = arrangement
    this.store = new GeometryStore(parts, mostBytes, glb => meshOf(device, decodeGeometry(glb)), ({ buffer }) => { buffer.destroy() })
    this.textures = new TextureStore(scene.textures ?? [], mostTextureBytes, pyramid => this.#adorned.covering.coverOf(pyramid), ({ texture }) => { texture.destroy() })
    this.#composition = new Composition(scene, this.store, this.textures, arrangement)
    this.#frame = device.createBuffer({ size: 32, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST })
    this.#plain = new Layer(device, pipeline, this.#frame, mostFigures)
    device.addEventListener('uncapturederror', ({ error }) => { this.#end ??= error.message })
    void device.lost.then(({ message }) => { this.#end ??= message })
  }

  async paint (target: Framebuffer, shot: Shot, superseded: () => boolean): Promise<Painted | null> {
    const lighting = lightingOf(shot.view.viewProjection)
    const covers = new Map<Mesh, Cover>()
    let triangles = 0
    this.#plain.records.clear()
    this.#wardrobe?.layer.records.clear()
    const lacking = this.#composition.compose(shot, superseded, {
      // What is hidden behind others is the GPU's own business.
      isCovered: () => false,
      draw: figure => {
        const { geometry, adornment } = figure
        const layer = adornment === undefined ? this.#plain : this.#adorned.layer
        layer.records.write(figure, shot.view, lighting)
        if (adornment !== undefined) covers.set(geometry, adornment.texture ?? this.#adorned.covering.bare)
        triangles += geometry.indices / 3
      }
    })
    if (lacking === null) return null
    const device = this.#device
    const canvas = this.#canvasFor(target)
    device.queue.writeBuffer(this.#frame, 0, new Float32Array([target.width, target.height, ...jitterOf(shot.sample), ...lighting.toLight, sharpnessOf(shot.sample)]))
    this.#plain.describe()
    this.#wardrobe?.layer.describe()
    const encoder = device.createCommandEncoder()
    const pass = canvas.begin(encoder, shot.background)
    this.#plain.draw(pass, () => {})
    this.#wardrobe?.layer.draw(pass, mesh => {
      const { buffer, adornmentsAt, indicesAt } = mesh
      pass.setVertexBuffer(2, buffer, adornmentsAt, Math.floor((indicesAt - adornmentsAt) / adornmentStride) * adornmentStride)
      pass.setBindGroup(1, covers.get(mesh)!.bindings)
    })
    pass.end()
    canvas.copyColor(encoder)
    const { edges } = this.#arrangement
    if (edges) canvas.copyRest(encoder)
    device.queue.submit([encoder.finish()])
    await this.#answer(canvas.readColor(target))
    if (edges) {
      await this.#answer(canvas.readRest(target))
      this.#composition.outline(target, shot.view)
    }
    this.#isRevealed = edges
    return { triangles, ...lacking }
  }

  async reveal (target: Framebuffer): Promise<void> {
    if (this.#isRevealed) return
    const canvas = this.#canvasFor(target)
    const encoder = this.#device.createCommandEncoder()
    canvas.copyRest(encoder)
    this.#device.queue.submit([encoder.finish()])
    await this.#answer(canvas.readRest(target))
    this.#isRevealed = true
  }

  get #adorned (): Wardrobe {
    if (this.#wardrobe === null) {
      const layer = new Layer(this.#device, adornedPipelineOf(this.#device), this.#frame, mostFigures)
      this.#wardrobe = { layer, covering: new Covering(this.#device, layer.pipeline) }
    }
    return this.#wardrobe
  }

  #canvasFor (target: Framebuffer): Canvas {
    if (this.#canvas?.width === target.width && this.#canvas.height === target.height) return this.#canvas
    this.#canvas?.destroy()
    this.#canvas = new Canvas(this.#device, target)
    return this.#canvas
  }

  /** What comes back, if it does in time and nothing has gone wrong. */
  async #answer (reading: Promise<void>): Promise<void> {
    try {
      await inTime(reading, mostMs, this.#clock)
    } catch (error) {
      throw new Error(this.#end ?? (error as Error).message)
    }
    if (this.#end !== null) throw new Error(this.#end)
  }
}
