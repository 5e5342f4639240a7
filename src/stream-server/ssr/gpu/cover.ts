import { stepsOf } from '../textures/pyramid.ts'
import type { Pyramid } from '../textures/pyramid.ts'

/** A texture in the memory of a GPU. */
export interface Cover { texture: GPUTexture, bindings: GPUBindGroup }

/** Lays textures ready for one pipeline: they repeat beyond their edges, and between pixels and between copies they are blended. */
export class Covering {
  readonly #device: GPUDevice
  readonly #pipeline: GPURenderPipeline
  readonly #blend: GPUSampler
  /** Lies where only the corners have colours. */
  readonly bare: Cover

  constructor (device: GPUDevice, pipeline: GPURenderPipeline) {
    this.#device = device
    this.#pipeline = pipeline
    this.#blend = device.createSampler({ addressModeU: 'repeat', addressModeV: 'repeat', magFilter: 'linear', minFilter: 'linear', mipmapFilter: 'linear' })
    this.bare = this.coverOf({ level: 0, width: 1, height: 1, texels: new Uint32Array([0xffffffff]) })
  }

  coverOf ({ width, height, texels }: Pyramid): Cover {
    const copies = stepsOf(width, height)
    const texture = this.#device.createTexture({ format: 'rgba8unorm-srgb', size: { width, height }, mipLevelCount: copies.length, usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST })
    for (const [mipLevel, { at, width, height }] of copies.entries()) {
      this.#device.queue.writeTexture({ texture, mipLevel }, texels, { offset: at * 4, bytesPerRow: width * 4 }, { width, height })
    }
    const bindings = this.#device.createBindGroup({
      layout: this.#pipeline.getBindGroupLayout(1),
      entries: [{ binding: 0, resource: texture.createView() }, { binding: 1, resource: this.#blend }]
    })
    return { texture, bindings }
  }
}
