import type { Framebuffer } from '../framebuffer.ts'
import { Plate } from './plate.ts'

/** What a GPU draws into, of the size of one framebuffer. */
export class Canvas {
  readonly width: number
  readonly height: number
  readonly #color: Plate
  readonly #ids: Plate
  readonly #depth: Plate

  constructor (device: GPUDevice, { width, height }: Pick<Framebuffer, 'width' | 'height'>) {
    this.width = width
    this.height = height
    this.#color = new Plate(device, 'rgba8unorm', width, height)
    this.#ids = new Plate(device, 'r32uint', width, height)
    this.#depth = new Plate(device, 'depth32float', width, height)
  }

  /** Begins to draw on an empty canvas; `background` is packed. */
  begin (encoder: GPUCommandEncoder, background: number): GPURenderPassEncoder {
    const share = (shift: number) => (background >>> shift & 255) / 255
    return encoder.beginRenderPass({
      colorAttachments: [
        { view: this.#color.view, clearValue: [share(0), share(8), share(16), 1], loadOp: 'clear', storeOp: 'store' },
        { view: this.#ids.view, clearValue: [0, 0, 0, 0], loadOp: 'clear', storeOp: 'store' }
      ],
      depthStencilAttachment: { view: this.#depth.view, depthClearValue: 0, depthLoadOp: 'clear', depthStoreOp: 'store' }
    })
  }

  copyColor (encoder: GPUCommandEncoder): void {
    this.#color.copy(encoder)
  }

  async readColor ({ color, width }: Framebuffer): Promise<void> {
    await this.#color.read((row, memory, at) => { color.set(new Uint32Array(memory, at, width), row * width) })
  }

  copyRest (encoder: GPUCommandEncoder): void {
    this.#ids.copy(encoder)
    this.#depth.copy(encoder)
  }

  /** Depth and numbers of instances. */
  async readRest ({ ids, depth, width }: Framebuffer): Promise<void> {
    await this.#ids.read((row, memory, at) => { ids.set(new Uint32Array(memory, at, width), row * width) })
    await this.#depth.read((row, memory, at) => { depth.set(new Float32Array(memory, at, width).map(value => value * 2), row * width) })
  }

  destroy (): void {
    for (const plate of [this.#color, this.#ids, this.#depth]) plate.destroy()
  }
}
