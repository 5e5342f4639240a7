import jpeg from 'jpeg-js'
import { PNG } from 'pngjs'
import { imageHead } from '../image-head.ts'

/** An image of a texture as it is kept: a whole PNG or JPEG file. */
export interface Picture {
  mimeType: 'image/png' | 'image/jpeg'
  bytes: Uint8Array
  width: number
  height: number
  /** Mean of all pixels: linear RGB with alpha, 0 to 1. */
  average: [number, number, number, number]
}

/** Longest side that is sent to a viewer, in pixels. */
export const mostAlong = 2048
/** Largest file that is sent as it is, and the largest that is looked at. */
const mostBytes = 2 ** 20
const mostSourceBytes = 2 ** 26
/** Pixels of an image that is looked at: what it unpacks to is known before it is. */
const mostPixels = 8192 * 8192

/** Why an image is not kept, as the end of a sentence. */
export class PictureProblem extends Error {}

interface Pixels { width: number, height: number, data: Uint8Array }

/** Unpacks an image, four bytes a pixel. Throws `PictureProblem` when it is broken, of another kind, or claims to be huge. */
export function pixelsOf (bytes: Uint8Array): Pixels & Pick<Picture, 'mimeType'> {
  if (bytes.length > mostSourceBytes) throw new PictureProblem(`it has more than ${mostSourceBytes / 2 ** 20} MiB`)
  const head = imageHead(bytes)
  if (head === null) throw new PictureProblem('it is neither PNG nor JPEG')
  const { width, height, mimeType } = head
  if (width < 1 || height < 1) throw new PictureProblem('it has no pixels')
  if (width * height > mostPixels) throw new PictureProblem(`it is too large: ${width} × ${height} pixels`)
  const pixels = decode(bytes, mimeType)
  // More was claimed, or less, than there is: decoders differ in what they make of that.
  if (pixels.width !== width || pixels.height !== height || pixels.data.length !== width * height * 4) throw new PictureProblem('it is broken')
  return { ...pixels, mimeType }
}

/** Reads an image and makes it small enough for a viewer. Throws `PictureProblem` like `pixelsOf`. */
export function pictureOf (bytes: Uint8Array): Picture {
  const { mimeType, ...pixels } = pixelsOf(bytes)
  const { width, height } = pixels
  const average = averageOf(pixels)
  if (Math.max(width, height) <= mostAlong && bytes.length <= mostBytes) return { mimeType, bytes, width, height, average }
  let smaller = pixels
  while (Math.max(smaller.width, smaller.height) > mostAlong) smaller = halved(smaller)
  return { ...encoded(smaller, average[3] < 1), width: smaller.width, height: smaller.height, average }
}

function decode (bytes: Uint8Array, mimeType: Picture['mimeType']): Pixels {
  try {
    if (mimeType === 'image/png') return PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
    return jpeg.decode(bytes, { useTArray: true, formatAsRGBA: true, tolerantDecoding: false, maxResolutionInMP: mostPixels / 1e6 + 1, maxMemoryUsageInMB: 1024 })
  } catch (error) {
    throw new PictureProblem('it is broken or truncated', { cause: error })
  }
}

const linear = Float64Array.from({ length: 256 }, (_, i) => i / 255 <= 0.04045 ? i / 255 / 12.92 : ((i / 255 + 0.055) / 1.055) ** 2.4)

function averageOf ({ data }: Pixels): Picture['average'] {
  let [red, green, blue, alpha] = [0, 0, 0, 0]
  for (let i = 0; i < data.length; i += 4) {
    red += linear[data[i] ?? 0] ?? 0
    green += linear[data[i + 1] ?? 0] ?? 0
    blue += linear[data[i + 2] ?? 0] ?? 0
    alpha += data[i + 3] ?? 0
  }
  const count = data.length / 4
  return [red / count, green / count, blue / count, alpha / count / 255]
}

/** Half as wide and high, each pixel the mean of four. */
function halved ({ width, height, data }: Pixels): Pixels {
  const made = { width: Math.max(1, width >> 1), height: Math.max(1, height >> 1) }
  const small = new Uint8Array(made.width * made.height * 4)
  for (let y = 0; y < made.height; y++) {
    for (let x = 0; x < made.width; x++) {
      for (let k = 0; k < 4; k++) {
        const at = (column: number, row: number) => data[(Math.min(row, height - 1) * width + Math.min(column, width - 1)) * 4 + k] ?? 0
        small[(y * made.width + x) * 4 + k] = (at(2 * x, 2 * y) + at(2 * x + 1, 2 * y) + at(2 * x, 2 * y + 1) + at(2 * x + 1, 2 * y + 1) + 2) >> 2
      }
    }
  }
  return { ...made, data: small }
}

function encoded ({ width, height, data }: Pixels, transparent: boolean): Pick<Picture, 'mimeType' | 'bytes'> {
  if (!transparent) return { mimeType: 'image/jpeg', bytes: jpeg.encode({ width, height, data: Buffer.from(data.buffer) }, 85).data }
  const png = new PNG({ width, height })
  png.data.set(data)
  return { mimeType: 'image/png', bytes: PNG.sync.write(png) }
}
