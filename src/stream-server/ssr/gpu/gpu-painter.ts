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
import type { Lighting } from '../lighting.ts'
import { Canvas } from './canvas.ts'
import { meshOf } from './mesh.ts'
import type { Mesh } from './mesh.ts'
import { recordBytes, Records } from './records.ts'
import { inTime } from './in-time.ts'

/** For a picture to come back from the GPU. */
const mostMs = 10_000
/** Instances in one picture: 88 MiB of records in memory, as much on the GPU. Where there are more, the rasterizer leaves out what is hidden behind others. */
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
  clock: Clock
}

/** Draws pictures of a scene on a GPU. Everything rejects or throws once the device is lost: then there are no more pictures to be had here. */
export class GpuPainter implements Artist {
  readonly store: GeometryStore<Mesh>
  readonly #device: GPUDevice
  readonly #clock: Clock
  readonly #arrangement: Arrangement
  readonly #composition: Composition<Mesh>
  readonly #pipeline: GPURenderPipeline
  readonly #records = new Records(mostFigures)
  readonly #frame: GPUBuffer
  #figures: GPUBuffer
  /** Numbers of figures, mesh by mesh. */
  #places: GPUBuffer
  #bindings: GPUBindGroup
  #canvas: Canvas | null = null
  /** The framebuffer has depth and numbers of the last picture. */
  #isRevealed = true
  /** Why there are no more pictures. */
  #end: string | null = null

  constructor ({ device, pipeline, scene, parts, arrangement, mostBytes, clock }: GpuPainterSettings) {
    this.#device = device
    this.#clock = clock
    this.#arrangement = arrangement
    this.store = new GeometryStore(parts, mostBytes, glb => meshOf(device, decodeGeometry(glb)), ({ buffer }) => { buffer.destroy() })
    this.#composition = new Composition(scene, this.store, arrangement)
    this.#pipeline = pipeline
    this.#frame = device.createBuffer({ size: 32, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST })
    this.#figures = device.createBuffer({ size: recordBytes, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST })
    this.#places = device.createBuffer({ size: 4, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST })
    this.#bindings = this.#bind()
    device.addEventListener('uncapturederror', ({ error }) => { this.#end ??= error.message })
    void device.lost.then(({ message }) => { this.#end ??= message })
  }

  async paint (target: Framebuffer, shot: Shot, superseded: () => boolean): Promise<Painted | null> {
    const records = this.#records
    const lighting = lightingOf(shot.view.viewProjection)
    let triangles = 0
    records.clear()
    const wanted = this.#composition.compose(shot, superseded, {
      // What is hidden behind others is the GPU's own business.
      isCovered: () => false,
      draw: figure => {
        records.write(figure, shot.view, lighting)
        triangles += figure.geometry.indices / 3
      }
    })
    if (wanted === null) return null
    const device = this.#device
    const canvas = this.#canvasFor(target)
    this.#describe(target, shot, lighting)
    const encoder = device.createCommandEncoder()
    const pass = canvas.begin(encoder, shot.background)
    pass.setPipeline(this.#pipeline)
    pass.setBindGroup(0, this.#bindings)
    let first = 0
    for (const [{ buffer, normalsAt, indicesAt, indices, format }, { figures }] of records.meshes) {
      pass.setVertexBuffer(0, buffer, 0, normalsAt)
      pass.setVertexBuffer(1, buffer, normalsAt, indicesAt - normalsAt)
      pass.setIndexBuffer(buffer, format, indicesAt)
      pass.drawIndexed(indices, figures, 0, 0, first)
      first += figures
    }
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
    return { triangles, wanted }
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

  /** Writes what the shader is told: of the picture, and of its figures. */
  #describe ({ width, height }: Framebuffer, { sample }: Shot, { toLight }: Lighting): void {
    const { queue } = this.#device
    const { bytes, count } = this.#records
    queue.writeBuffer(this.#frame, 0, new Float32Array([width, height, ...jitterOf(sample), ...toLight, 0]))
    if (this.#figures.size < count * recordBytes) {
      this.#figures.destroy()
      this.#places.destroy()
      this.#figures = this.#device.createBuffer({ size: bytes.byteLength, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST })
      this.#places = this.#device.createBuffer({ size: bytes.byteLength / recordBytes * 4, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST })
      this.#bindings = this.#bind()
    }
    queue.writeBuffer(this.#figures, 0, bytes, 0, count * recordBytes)
    queue.writeBuffer(this.#places, 0, this.#records.places())
  }

  #bind (): GPUBindGroup {
    return this.#device.createBindGroup({
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: this.#frame } }, { binding: 1, resource: { buffer: this.#figures } }, { binding: 2, resource: { buffer: this.#places } }]
    })
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
