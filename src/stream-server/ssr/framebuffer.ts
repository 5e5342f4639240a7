/** What is drawn into: colour, depth and whose pixel it is, row by row from the top. */
export class Framebuffer {
  readonly width: number
  readonly height: number
  /** One byte each of red, green, blue, alpha, as they lie in memory. */
  color: Uint32Array
  /** Rises towards the eye; 0 is the far plane, where nothing is. */
  readonly depth: Float32Array
  /** Number of the instance plus one; 0 is nobody's. */
  readonly ids: Uint16Array | Uint32Array

  /** Both sides are whole numbers of pixels, at least 1; `color` is drawn into if given; of so many `instances` at most. */
  constructor (width: number, height: number, { color = new Uint32Array(width * height), instances = Infinity } = {}) {
    this.width = width
    this.height = height
    this.color = color
    this.depth = new Float32Array(width * height)
    this.ids = instances < 65_535 ? new Uint16Array(width * height) : new Uint32Array(width * height)
  }

  /** Empties it for the next picture; `background` is packed like `color`. */
  clear (background: number): void {
    this.color.fill(background)
    this.depth.fill(0)
    this.ids.fill(0)
  }
}

/** A colour of `Framebuffer.color` from three bytes, opaque. */
export const packed = (red: number, green: number, blue: number): number => (0xff000000 | blue << 16 | green << 8 | red) >>> 0
