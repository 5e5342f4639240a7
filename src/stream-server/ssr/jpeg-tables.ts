/** Quantisation at quality 50 and Huffman codes as the JPEG standard gives them (ITU-T T.81, annex K). */
export const luminance = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99
]
export const chrominance = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
  ...new Array<number>(32).fill(99)
]
/** Where the n-th coefficient of the zigzag lies in the block. */
export const zigzag = Uint8Array.of(
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63
)

export interface Huffman {
  /** Codes of 1 to 16 bits. */
  counts: number[]
  values: Uint8Array
  /** By value. */
  codes: Uint16Array
  sizes: Uint8Array
}

function huffman (counts: number[], values: Uint8Array): Huffman {
  const codes = new Uint16Array(256)
  const sizes = new Uint8Array(256)
  let code = 0
  let at = 0
  for (const [bits, count] of counts.entries()) {
    for (let i = 0; i < count; i++) {
      codes[values[at]!] = code++
      sizes[values[at++]!] = bits + 1
    }
    code <<= 1
  }
  return { counts, values, codes, sizes }
}

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const rest = (rows: string[], from: number, to: number) => rows.map(row => Array.from({ length: to - from + 1 }, (_, i) => row + (from + i).toString(16)).join('')).join('')

export const dcLuminance = huffman([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], bytes('000102030405060708090a0b'))
export const dcChrominance = huffman([0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], bytes('000102030405060708090a0b'))
export const acLuminance = huffman([0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d], bytes(
  '0102030004110512213141061351610722711432' + '8191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a' +
  rest(['4', '5', '6', '7'], 3, 10) + rest(['8'], 3, 10) + rest(['9', 'a', 'b', 'c', 'd'], 2, 10) + rest(['e', 'f'], 1, 10)
))
export const acChrominance = huffman([0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77], bytes(
  '0001020311040521310612415107617113223281' + '08144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a' +
  rest(['4', '5', '6', '7'], 3, 10) + rest(['8', '9', 'a', 'b', 'c', 'd', 'e'], 2, 10) + rest(['f'], 2, 10)
))
