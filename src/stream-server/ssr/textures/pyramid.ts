/** An image and its smaller copies, each half as wide and high as the one before, down to one pixel. */
export interface Pyramid {
  /** How many copies finer than the first one here there are: 0 means that all are here. */
  level: number
  /** Of the first one. */
  width: number
  height: number
  /** Red, green and blue as files have them, a byte each, and one that says nothing; row by row, copy after copy. */
  texels: Uint32Array<ArrayBuffer>
}

/** Where each copy begins in the texels, and how large it is. */
export interface Step { at: number, width: number, height: number }

/** The copies of an image of this size, the largest first. */
export function stepsOf (width: number, height: number): Step[] {
  const steps = [{ at: 0, width, height }]
  for (let last = steps[0]!; last.width > 1 || last.height > 1;) {
    last = { at: last.at + last.width * last.height, width: Math.max(1, last.width >> 1), height: Math.max(1, last.height >> 1) }
    steps.push(last)
  }
  return steps
}

/** Memory for a pyramid of an image of this size, from one of its copies on, bytes. */
export function pyramidBytes (width: number, height: number, level: number): number {
  const [first] = stepsOf(width, height).slice(Math.min(level, lastLevel(width, height)))
  const last = stepsOf(first!.width, first!.height).at(-1)!
  return (last.at + 1) * 4
}

/** The number of the copy that is one pixel. */
export const lastLevel = (width: number, height: number): number => Math.floor(Math.log2(Math.max(width, height, 1)))

/** Linear values of bytes. */
export const linear: Float32Array = Float32Array.from({ length: 256 }, (_, i) => i / 255 <= 0.04045 ? i / 255 / 12.92 : ((i / 255 + 0.055) / 1.055) ** 2.4)
const fine = 65_535
/** Bytes of linear values, in so many steps. */
const bytesOf = (): Uint8Array => Uint8Array.from({ length: fine + 1 }, (_, i) => Math.round(255 * (i / fine <= 0.0031308 ? i / fine * 12.92 : 1.055 * (i / fine) ** (1 / 2.4) - 0.055)))

/** Makes the copies from `level` on, each pixel the mean light of four of the copy before. `data` has four bytes a pixel. */
export function pyramidOf (width: number, height: number, data: Uint8Array, level: number): Pyramid {
  const steps = stepsOf(width, height)
  const first = Math.min(level, steps.length - 1)
  let image = new Uint32Array(width * height)
  for (let i = 0; i < image.length; i++) image[i] = 0xff000000 | data[i * 4 + 2]! << 16 | data[i * 4 + 1]! << 8 | data[i * 4]!
  const { at: begin, width: wide, height: high } = steps[first]!
  const texels = new Uint32Array(steps.at(-1)!.at + 1 - begin)
  const encoded = bytesOf()
  for (const [i, step] of steps.entries()) {
    if (i > 0) image = halved(image, steps[i - 1]!, step, encoded)
    if (i >= first) texels.set(image, step.at - begin)
  }
  return { level: first, width: wide, height: high, texels }
}

function halved (image: Uint32Array, from: Step, to: Step, encoded: Uint8Array): Uint32Array<ArrayBuffer> {
  const made = new Uint32Array(to.width * to.height)
  for (let y = 0; y < to.height; y++) {
    const upper = Math.min(2 * y, from.height - 1) * from.width
    const lower = Math.min(2 * y + 1, from.height - 1) * from.width
    for (let x = 0; x < to.width; x++) {
      const left = Math.min(2 * x, from.width - 1)
      const right = Math.min(2 * x + 1, from.width - 1)
      const [a, b, c, d] = [image[upper + left]!, image[upper + right]!, image[lower + left]!, image[lower + right]!]
      const mean = (shift: number) => encoded[Math.round((linear[a >> shift & 255]! + linear[b >> shift & 255]! + linear[c >> shift & 255]! + linear[d >> shift & 255]!) * fine / 4)]!
      made[y * to.width + x] = 0xff000000 | mean(16) << 16 | mean(8) << 8 | mean(0)
    }
  }
  return made
}
