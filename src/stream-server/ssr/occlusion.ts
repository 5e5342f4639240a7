import type { Framebuffer } from './framebuffer.ts'

/** How many pixels a copy may reach beyond its box: corners are rounded, and pictures of a series moved by parts of a pixel. */
const margin = 1

/** Whether a box lies wholly behind what is painted. `box` holds at `at` its middle and three half edges, in the world; the matrix is column-major, clip from world. */
export function isOccluded (target: Framebuffer, m: ArrayLike<number>, box: ArrayLike<number>, at: number): boolean {
  let [left, right, top, bottom, nearest] = [Infinity, -Infinity, Infinity, -Infinity, -Infinity]
  for (let corner = 0; corner < 8; corner++) {
    const [a, b, c] = [corner & 1 ? 1 : -1, corner & 2 ? 1 : -1, corner & 4 ? 1 : -1]
    const x = box[at]! + a * box[at + 3]! + b * box[at + 6]! + c * box[at + 9]!
    const y = box[at + 1]! + a * box[at + 4]! + b * box[at + 7]! + c * box[at + 10]!
    const z = box[at + 2]! + a * box[at + 5]! + b * box[at + 8]! + c * box[at + 11]!
    const w = m[3]! * x + m[7]! * y + m[11]! * z + m[15]!
    const depth = w - (m[2]! * x + m[6]! * y + m[10]! * z + m[14]!)
    // What reaches to the near plane, or behind the eye, is not hidden.
    if (!(w > 0 && depth < 2 * w)) return false
    const across = (m[0]! * x + m[4]! * y + m[8]! * z + m[12]!) / w
    const up = (m[1]! * x + m[5]! * y + m[9]! * z + m[13]!) / w
    if (across < left) left = across
    if (across > right) right = across
    if (up < top) top = up
    if (up > bottom) bottom = up
    if (depth / w > nearest) nearest = depth / w
  }
  const { width, height, depth } = target
  const column = (value: number) => Math.floor((value * 0.5 + 0.5) * width)
  const row = (value: number) => Math.floor((0.5 - value * 0.5) * height)
  // Depth is kept in single precision: what lies in the box must not be taken for behind itself.
  return isBehind(depth, width, Math.max(0, column(left) - margin), Math.min(width - 1, column(right) + margin), Math.max(0, row(bottom) - margin), Math.min(height - 1, row(top) + margin), nearest + Math.abs(nearest) * 1e-6)
}

/** Whether everything in these columns and rows is at least as near as `nearest`. */
export function isBehind (depth: Float32Array, width: number, left: number, right: number, top: number, bottom: number, nearest: number): boolean {
  for (let row = top; row <= bottom; row++) {
    for (let at = row * width + left, end = row * width + right; at <= end; at++) if (depth[at]! < nearest) return false
  }
  return true
}
