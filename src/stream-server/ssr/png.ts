import { promisify } from 'node:util'
import { crc32, deflate } from 'node:zlib'

const compress = promisify(deflate)
const signature = Buffer.from('89504e470d0a1a0a', 'hex')

/** A lossless picture of packed pixels. Compresses beside this thread. */
export async function encodePng (pixels: Uint32Array, width: number, height: number): Promise<Buffer> {
  const stride = 1 + width * 3
  const lines = Buffer.alloc(stride * height)
  for (let y = 0, from = 0; y < height; y++) {
    let at = y * stride
    lines[at++] = y === 0 ? 1 : 2 // each line as what differs from the left, all others from the line above
    for (let x = 0; x < width; x++, from++, at += 3) {
      const value = pixels[from]!
      const before = y > 0 ? pixels[from - width]! : x > 0 ? pixels[from - 1]! : 0
      lines[at] = (value & 255) - (before & 255)
      lines[at + 1] = (value >> 8 & 255) - (before >> 8 & 255)
      lines[at + 2] = (value >> 16 & 255) - (before >> 16 & 255)
    }
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', await compress(lines, { level: 2 })), chunk('IEND', Buffer.alloc(0))])
}

function chunk (name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const made = Buffer.alloc(body.length + 8)
  made.writeUInt32BE(data.length, 0)
  body.copy(made, 4)
  made.writeUInt32BE(crc32(body), body.length + 4)
  return made
}
