import type { View } from '../csr/plan.ts'
import type { Framebuffer } from './framebuffer.ts'

/** Share of its brightness that a pixel on an edge keeps. */
const kept = 90 // of 256
/** A surface bends sharply where its depth bends by more than this share of what a surface that lies at 45° gains from pixel to pixel. */
const sharp = 0.35

/**
 * Darkens the pixels on edges: where one instance ends before another or before nothing, and where a surface bends sharply. Depth is linear across
 * the picture on every plane, so its second difference tells a bend from a slope. What is stippled ends at every second pixel and gets no edges.
 */
export function outline ({ width, height, color, depth, ids }: Framebuffer, { viewProjection, focal }: Pick<View, 'viewProjection' | 'focal'>, isStippled: (instance: number) => boolean): void {
  const far = farthest(viewProjection)
  for (let row = 1; row < height - 1; row++) {
    for (let at = row * width + 1, end = (row + 1) * width - 1; at < end; at++) {
      const id = ids[at]!
      if (id === 0 || isStippled(id - 1)) continue
      const d = depth[at]!
      if (!ends(ids, depth, at - 1, id, d) && !ends(ids, depth, at + 1, id, d) && !ends(ids, depth, at - width, id, d) && !ends(ids, depth, at + width, id, d)) {
        const least = sharp * Math.abs(d + far) / focal
        if (!bends(ids, depth, id, d, at - 1, at + 1, least) && !bends(ids, depth, id, d, at - width, at + width, least)) continue
      }
      const value = color[at]!
      color[at] = 0xff000000 | (value >> 16 & 255) * kept >> 8 << 16 | (value >> 8 & 255) * kept >> 8 << 8 | (value & 255) * kept >> 8
    }
  }
}

/** Whether the instance ends here, before another one or before nothing: it is the nearer of the two that draws the line. */
const ends = (ids: Framebuffer['ids'], depth: Float32Array, next: number, id: number, d: number): boolean => ids[next] !== id && depth[next]! < d

function bends (ids: Framebuffer['ids'], depth: Float32Array, id: number, d: number, one: number, other: number, least: number): boolean {
  if (ids[one] !== id || ids[other] !== id) return false
  const to = d - depth[one]!
  const from = depth[other]! - d
  return Math.abs(to - from) > least + 0.5 * Math.min(Math.abs(to), Math.abs(from))
}

/** What is added to a depth to make it proportional to one over the distance: the third row is `A × w + B`, so that depth is `1 - A - B / w`. */
function farthest (m: ArrayLike<number>): number {
  let over = 0
  let under = 0
  for (let column = 0; column < 3; column++) {
    over += m[column * 4 + 2]! * m[column * 4 + 3]!
    under += m[column * 4 + 3]! ** 2
  }
  return under === 0 ? 1 : over / under - 1
}
