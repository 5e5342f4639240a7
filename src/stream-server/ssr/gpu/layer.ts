import type { Mesh } from './mesh.ts'
import { recordBytes, Records } from './records.ts'

/** The figures of a picture that go one way through the GPU, and where it is told of them. */
export class Layer {
  readonly records: Records
  readonly pipeline: GPURenderPipeline
  readonly #device: GPUDevice
  readonly #frame: GPUBuffer
  #figures: GPUBuffer
  /** Numbers of figures, mesh by mesh. */
  #places: GPUBuffer
  #bindings: GPUBindGroup

  /** For `most` figures; `frame` holds what all layers are told of the picture. */
  constructor (device: GPUDevice, pipeline: GPURenderPipeline, frame: GPUBuffer, most: number) {
    this.records = new Records(most)
    this.pipeline = pipeline
    this.#device = device
    this.#frame = frame
    this.#figures = device.createBuffer({ size: recordBytes, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST })
    this.#places = device.createBuffer({ size: 4, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST })
    this.#bindings = this.#bind()
  }

  /** Tells the GPU of the figures. */
  describe (): void {
    const { bytes, count } = this.records
    if (count === 0) return
    const { queue } = this.#device
    if (this.#figures.size < count * recordBytes) {
      this.#figures.destroy()
      this.#places.destroy()
      this.#figures = this.#device.createBuffer({ size: bytes.byteLength, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST })
      this.#places = this.#device.createBuffer({ size: bytes.byteLength / recordBytes * 4, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST })
      this.#bindings = this.#bind()
    }
    queue.writeBuffer(this.#figures, 0, bytes, 0, count * recordBytes)
    queue.writeBuffer(this.#places, 0, this.records.places())
  }

  /** Draws them; `prepare` sets what else is to be set for a mesh. */
  draw (pass: GPURenderPassEncoder, prepare: (mesh: Mesh) => void): void {
    if (this.records.count === 0) return
    pass.setPipeline(this.pipeline)
    pass.setBindGroup(0, this.#bindings)
    let first = 0
    for (const [mesh, { figures }] of this.records.meshes) {
      const { buffer, normalsAt, adornmentsAt, indicesAt, indices, format } = mesh
      pass.setVertexBuffer(0, buffer, 0, normalsAt)
      pass.setVertexBuffer(1, buffer, normalsAt, adornmentsAt - normalsAt)
      pass.setIndexBuffer(buffer, format, indicesAt)
      prepare(mesh)
      pass.drawIndexed(indices, figures, 0, 0, first)
      first += figures
    }
  }

  #bind (): GPUBindGroup {
    return this.#device.createBindGroup({
      layout: this.pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: this.#frame } }, { binding: 1, resource: { buffer: this.#figures } }, { binding: 2, resource: { buffer: this.#places } }]
    })
  }
}
