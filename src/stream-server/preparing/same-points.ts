/** For each vertex the first one that lies at the same point. */
export function samePoints (positions: Float32Array): Uint32Array {
  const count = positions.length / 3
  const bits = new Uint32Array(positions.buffer, positions.byteOffset, positions.length)
  const size = 2 ** Math.ceil(Math.log2(count * 2 + 1))
  const slots = new Int32Array(size).fill(-1)
  const found = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    const [x, y, z] = [bits[i * 3] ?? 0, bits[i * 3 + 1] ?? 0, bits[i * 3 + 2] ?? 0]
    let slot = Math.imul(Math.imul(x ^ (x >>> 15), 0x9e3779b1) ^ y ^ (y >>> 13), 0x85ebca6b) ^ Math.imul(z ^ (z >>> 14), 0xc2b2ae35)
    slot = (slot ^ (slot >>> 16)) & (size - 1)
    for (let known; (known = slots[slot] ?? -1) >= 0 && !(bits[known * 3] === x && bits[known * 3 + 1] === y && bits[known * 3 + 2] === z);) slot = (slot + 1) & (size - 1)
    if (slots[slot] === -1) slots[slot] = i
    found[i] = slots[slot] ?? i
  }
  return found
}
