import { once } from 'node:events'
import { crc32, createDeflate } from 'node:zlib'

const signature = Buffer.from('89504e470d0a1a0a', 'hex')
/** Rows that are made ready at once: the picture is not there a second time. */
const rows = 16

/** A lossless picture of packed pixels. Compresses beside this thread, a few rows after the other: until it is done the pixels must stay as they are, or what comes is of no use. */
export async function encodePng (pixels: Uint32Array, width: number, height: number): Promise<Buffer> {
  const stride = 1 + width * 3
  const lines = Buffer.alloc(stride * Math.min(rows, height))
  const deflate = createDeflate({ level: 2, chunkSize: 65_536 })
  const pieces: Buffer[] = []
  deflate.on('data', (piece: Buffer) => { pieces.push(piece) })
  for (let top = 0; top < height; top += rows) {
    const bottom = Math.min(height, top + rows)
    filter(pixels, width, top, bottom, lines)
    await new Promise(resolve => { deflate.write(lines.subarray(0, stride * (bottom - top)), resolve) })
  }
  deflate.end()
  await once(deflate, 'end')
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', Buffer.concat(pieces)), chunk('IEND', Buffer.alloc(0))])
}

/** Writes rows as files have them: the first line as what differs from the left, all others from the line above. */
function filter (pixels: Uint32Array, width: number, top: number, bottom: number, lines: Buffer): void {
  for (let y = top, from = top * width, at = 0; y < bottom; y++) {
    lines[at++] = y === 0 ? 1 : 2
    for (let x = 0; x < width; x++, from++, at += 3) {
      const value = pixels[from]!
      const before = y > 0 ? pixels[from - width]! : x > 0 ? pixels[from - 1]! : 0
      lines[at] = (value & 255) - (before & 255)
      lines[at + 1] = (value >> 8 & 255) - (before >> 8 & 255)
      lines[at + 2] = (value >> 16 & 255) - (before >> 16 & 255)
    }
  }
}

function chunk (name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const made = Buffer.alloc(body.length + 8)
  made.writeUInt32BE(data.length, 0)
  body.copy(made, 4)
  made.writeUInt32BE(crc32(body), body.length + 4)
  return made
}
