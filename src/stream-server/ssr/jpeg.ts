import { acChrominance, acLuminance, chrominance, dcChrominance, dcLuminance, luminance, zigzag } from './jpeg-tables.ts'
import type { Huffman } from './jpeg-tables.ts'

/** Writes baseline JPEG files, colour at half resolution. Keeps its working memory from picture to picture. */
export class JpegEncoder {
  #out = Buffer.alloc(1 << 16)
  #at = 0
  #bits = 0
  #held = 0
  #quality = 0
  #tables = [new Uint8Array(64), new Uint8Array(64)]
  #factors = [new Float32Array(64), new Float32Array(64)]
  #planes = Array.from({ length: 6 }, () => new Float32Array(64))
  #block = new Int32Array(64)
  #last = [0, 0, 0]

  /** `pixels` are packed as in a framebuffer; quality is 1 to 100. The answer is a copy of its own. */
  encode (pixels: Uint32Array, width: number, height: number, quality: number): Buffer {
    if (quality !== this.#quality) this.#quantise(quality)
    this.#at = 0
    this.#bits = 0
    this.#held = 0
    this.#last.fill(0)
    this.#head(width, height)
    const planes = this.#planes
    for (let y = 0; y < height; y += 16) {
      for (let x = 0; x < width; x += 16) {
        this.#room(4096)
        const flat = this.#gather(pixels, width, height, x, y)
        for (let plane = 0; plane < 6; plane++) {
          const kind = plane < 4 ? 0 : 1
          this.#code(planes[plane]!, kind, plane < 4 ? 0 : plane - 3, flat)
        }
      }
    }
    if (this.#held > 0) this.#put(0x7f, 7)
    this.#bits = 0
    this.#held = 0
    this.#bytes([0xff, 0xd9])
    return Buffer.from(this.#out.subarray(0, this.#at))
  }

  #quantise (quality: number): void {
    this.#quality = quality
    const scale = quality < 50 ? 5000 / quality : 200 - 2 * quality
    const aan = [1, 1.387039845, 1.306562965, 1.175875602, 1, 0.785694958, 0.541196100, 0.275899379]
    for (const [kind, base] of [luminance, chrominance].entries()) {
      for (let i = 0; i < 64; i++) {
        const value = Math.min(255, Math.max(1, Math.floor((base[i]! * scale + 50) / 100)))
        this.#tables[kind]![i] = value
        this.#factors[kind]![i] = 1 / (value * aan[i >> 3]! * aan[i & 7]! * 8)
      }
    }
  }

  #head (width: number, height: number): void {
    const word = (value: number) => [value >> 8, value & 255]
    this.#room(2048)
    this.#bytes([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0])
    for (const [kind, table] of this.#tables.entries()) this.#bytes([0xff, 0xdb, 0, 67, kind, ...zigzag.map(at => table[at]!)])
    this.#bytes([0xff, 0xc0, 0, 17, 8, ...word(height), ...word(width), 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1])
    for (const [id, { counts, values }] of [[0x00, dcLuminance], [0x10, acLuminance], [0x01, dcChrominance], [0x11, acChrominance]] as Array<[number, Huffman]>) {
      this.#bytes([0xff, 0xc4, ...word(19 + values.length), id, ...counts, ...values])
    }
    this.#bytes([0xff, 0xda, 0, 12, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0])
  }

  /** Takes 16×16 pixels apart into four blocks of brightness and two of colour; true when all are the same. Beyond its edge the picture goes on. */
  #gather (pixels: Uint32Array, width: number, height: number, left: number, top: number): boolean {
    const first = pixels[top * width + left]!
    const fits = left + 16 <= width && top + 16 <= height
    if (fits) {
      let same = true
      for (let y = top; same && y < top + 16; y++) {
        const end = y * width + left + 16
        for (let at = end - 16; at < end; at++) if (pixels[at] !== first) { same = false; break }
      }
      if (same) {
        this.#flat(first)
        return true
      }
    }
    const [, , , , cb, cr] = this.#planes as unknown as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array, Float32Array]
    cb.fill(0)
    cr.fill(0)
    for (let y = 0; y < 16; y++) {
      const row = Math.min(top + y, height - 1) * width
      for (let x = 0; x < 16; x++) {
        const value = pixels[row + (fits ? left + x : Math.min(left + x, width - 1))]!
        const r = value & 255
        const g = value >> 8 & 255
        const b = value >> 16 & 255
        this.#planes[(y >> 3 << 1) | x >> 3]![(y & 7) << 3 | x & 7] = 0.299 * r + 0.587 * g + 0.114 * b - 128
        const at = y >> 1 << 3 | x >> 1
        cb[at]! += (-0.168736 * r - 0.331264 * g + 0.5 * b) / 4
        cr[at]! += (0.5 * r - 0.418688 * g - 0.081312 * b) / 4
      }
    }
    return false
  }

  #flat (value: number): void {
    const [r, g, b] = [value & 255, value >> 8 & 255, value >> 16 & 255]
    for (let plane = 0; plane < 4; plane++) this.#planes[plane]![0] = 0.299 * r + 0.587 * g + 0.114 * b - 128
    this.#planes[4]![0] = -0.168736 * r - 0.331264 * g + 0.5 * b
    this.#planes[5]![0] = 0.5 * r - 0.418688 * g - 0.081312 * b
  }

  #code (plane: Float32Array, kind: number, component: number, flat: boolean): void {
    const dc = kind === 0 ? dcLuminance : dcChrominance
    const ac = kind === 0 ? acLuminance : acChrominance
    const factors = this.#factors[kind]!
    const block = this.#block
    let end = 0
    if (flat) block[0] = Math.round(plane[0]! * 64 * factors[0]!)
    else {
      transform(plane)
      for (let i = 0; i < 64; i++) {
        const at = zigzag[i]!
        const value = plane[at]! * factors[at]!
        const whole = value < 0 ? (value - 0.5) | 0 : (value + 0.5) | 0
        block[i] = whole
        if (whole !== 0) end = i
      }
    }
    const difference = block[0]! - this.#last[component]!
    this.#last[component] = block[0]!
    const size = 32 - Math.clz32(Math.abs(difference))
    this.#put(dc.codes[size]!, dc.sizes[size]!)
    if (size > 0) this.#put(difference < 0 ? difference + (1 << size) - 1 : difference, size)
    let zeros = 0
    for (let i = 1; i <= end; i++) {
      const value = block[i]!
      if (value === 0) { zeros++; continue }
      for (; zeros > 15; zeros -= 16) this.#put(ac.codes[0xf0]!, ac.sizes[0xf0]!)
      const length = 32 - Math.clz32(Math.abs(value))
      const symbol = zeros << 4 | length
      this.#put(ac.codes[symbol]!, ac.sizes[symbol]!)
      this.#put(value < 0 ? value + (1 << length) - 1 : value, length)
      zeros = 0
    }
    if (end < 63) this.#put(ac.codes[0]!, ac.sizes[0]!)
  }

  #put (value: number, count: number): void {
    let held = this.#held + count
    let bits = this.#bits << count | value
    while (held >= 8) {
      held -= 8
      const byte = bits >> held & 255
      this.#out[this.#at++] = byte
      if (byte === 255) this.#out[this.#at++] = 0
    }
    bits &= (1 << held) - 1
    this.#bits = bits
    this.#held = held
  }

  #bytes (values: Iterable<number>): void {
    for (const value of values) this.#out[this.#at++] = value
  }

  #room (count: number): void {
    if (this.#at + count <= this.#out.length) return
    const larger = Buffer.alloc(this.#out.length * 2)
    this.#out.copy(larger)
    this.#out = larger
  }
}

/** The cosine transform of a block in place, scaled as Arai, Agui and Nakajima do. */
function transform (block: Float32Array): void {
  for (let pass = 0; pass < 2; pass++) {
    const step = pass === 0 ? 1 : 8
    const next = pass === 0 ? 8 : 1
    for (let line = 0, at = 0; line < 8; line++, at += next) {
      const p0 = block[at]!; const p1 = block[at + step]!; const p2 = block[at + 2 * step]!; const p3 = block[at + 3 * step]!
      const p4 = block[at + 4 * step]!; const p5 = block[at + 5 * step]!; const p6 = block[at + 6 * step]!; const p7 = block[at + 7 * step]!
      const s0 = p0 + p7; const s7 = p0 - p7; const s1 = p1 + p6; const s6 = p1 - p6
      const s2 = p2 + p5; const s5 = p2 - p5; const s3 = p3 + p4; const s4 = p3 - p4
      const e0 = s0 + s3; const e3 = s0 - s3; const e1 = s1 + s2; const e2 = s1 - s2
      block[at] = e0 + e1
      block[at + 4 * step] = e0 - e1
      const z1 = (e2 + e3) * 0.707106781
      block[at + 2 * step] = e3 + z1
      block[at + 6 * step] = e3 - z1
      const o0 = s4 + s5; const o1 = s5 + s6; const o2 = s6 + s7
      const z5 = (o0 - o2) * 0.382683433
      const z2 = 0.541196100 * o0 + z5
      const z4 = 1.306562965 * o2 + z5
      const z3 = o1 * 0.707106781
      const z11 = s7 + z3
      const z13 = s7 - z3
      block[at + 5 * step] = z13 + z2
      block[at + 3 * step] = z13 - z2
      block[at + step] = z11 + z4
      block[at + 7 * step] = z11 - z4
    }
  }
}
