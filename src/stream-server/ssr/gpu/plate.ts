/** One texture that is drawn into and read back. */
export class Plate {
  readonly texture: GPUTexture
  readonly view: GPUTextureView
  readonly #device: GPUDevice
  /** Made when it is first read. */
  #buffer: GPUBuffer | null = null
  /** Rows of the buffer begin at multiples of 256 bytes. */
  readonly #rowBytes: number

  /** `format` has four bytes a pixel. */
  constructor (device: GPUDevice, format: GPUTextureFormat, width: number, height: number) {
    this.#device = device
    this.texture = device.createTexture({ format, size: { width, height }, usage: GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_SRC })
    this.view = this.texture.createView()
    this.#rowBytes = Math.ceil(width * 4 / 256) * 256
  }

  /** Has it copied, after what was encoded before, to where it can be read. */
  copy (encoder: GPUCommandEncoder): void {
    const { width, height } = this.texture
    this.#buffer ??= this.#device.createBuffer({ size: this.#rowBytes * height, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ })
    encoder.copyTextureToBuffer({ texture: this.texture }, { buffer: this.#buffer, bytesPerRow: this.#rowBytes }, { width, height })
  }

  /** Hands over the copy row by row, as soon as it is there: each as the memory that it lies in, from the top. Rejects when the device is lost. */
  async read (take: (row: number, memory: ArrayBuffer, at: number) => void): Promise<void> {
    const buffer = this.#buffer
    if (buffer === null) return
    await buffer.mapAsync(GPUMapMode.READ)
    const memory = buffer.getMappedRange()
    for (let row = 0; row < this.texture.height; row++) take(row, memory, row * this.#rowBytes)
    buffer.unmap()
  }

  destroy (): void {
    this.texture.destroy()
    this.#buffer?.destroy()
  }
}
