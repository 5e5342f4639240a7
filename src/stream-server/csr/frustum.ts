/** Six planes (a, b, c, d) that bound what a camera sees: ax + by + cz + d >= 0 inside. */
export type Frustum = Float64Array

/** The planes of a column-major clip-from-world matrix with depth from -1 to 1. */
export function frustumOf (viewProjection: ArrayLike<number>): Frustum {
  const planes = new Float64Array(24)
  for (let plane = 0; plane < 6; plane++) {
    const row = plane >> 1
    const sign = plane % 2 === 0 ? 1 : -1
    for (let k = 0; k < 4; k++) planes[plane * 4 + k] = (viewProjection[k * 4 + 3] ?? 0) + sign * (viewProjection[k * 4 + row] ?? 0)
  }
  return planes
}

/** Whether some of the box at `at` (centre and half axes) may be inside; only boxes wholly behind one plane are refused. */
export function seesBox (frustum: Frustum, boxes: Float64Array, at: number): boolean {
  const v = (i: number) => boxes[at + i] as number
  for (let plane = 0; plane < 24; plane += 4) {
    const a = frustum[plane] as number
    const b = frustum[plane + 1] as number
    const c = frustum[plane + 2] as number
    const center = a * v(0) + b * v(1) + c * v(2) + (frustum[plane + 3] as number)
    const reach = Math.abs(a * v(3) + b * v(4) + c * v(5)) + Math.abs(a * v(6) + b * v(7) + c * v(8)) + Math.abs(a * v(9) + b * v(10) + c * v(11))
    if (center + reach < 0) return false
  }
  return true
}

/** Distance from a point to the box at `at`, 0 inside it. Exact as long as the half axes are at right angles. */
export function distanceToBox (point: ArrayLike<number>, boxes: Float64Array, at: number): number {
  const v = (i: number) => boxes[at + i] as number
  const x = (point[0] ?? 0) - v(0)
  const y = (point[1] ?? 0) - v(1)
  const z = (point[2] ?? 0) - v(2)
  let outside = 0
  let rest = x * x + y * y + z * z
  for (let axis = 3; axis < 12; axis += 3) {
    const length = Math.hypot(v(axis), v(axis + 1), v(axis + 2))
    if (length === 0) continue
    const along = Math.abs(x * v(axis) + y * v(axis + 1) + z * v(axis + 2)) / length
    rest -= along * along
    if (along > length) outside += (along - length) ** 2
  }
  // What no axis explains lies across a box that is flat in that direction.
  return Math.sqrt(outside + Math.max(0, rest))
}
