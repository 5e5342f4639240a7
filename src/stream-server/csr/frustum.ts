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
  for (let plane = 0; plane < 24; plane += 4) {
    const a = frustum[plane]!
    const b = frustum[plane + 1]!
    const c = frustum[plane + 2]!
    const center = a * boxes[at]! + b * boxes[at + 1]! + c * boxes[at + 2]! + frustum[plane + 3]!
    const reach = Math.abs(a * boxes[at + 3]! + b * boxes[at + 4]! + c * boxes[at + 5]!) +
      Math.abs(a * boxes[at + 6]! + b * boxes[at + 7]! + c * boxes[at + 8]!) +
      Math.abs(a * boxes[at + 9]! + b * boxes[at + 10]! + c * boxes[at + 11]!)
    if (center + reach < 0) return false
  }
  return true
}

/** Distance from a point to the box at `at`, 0 inside it. Exact as long as the half axes are at right angles. */
export function distanceToBox (point: readonly [number, number, number], boxes: Float64Array, at: number): number {
  const x = point[0] - boxes[at]!
  const y = point[1] - boxes[at + 1]!
  const z = point[2] - boxes[at + 2]!
  let outside = 0
  let rest = x * x + y * y + z * z
  for (let axis = at + 3; axis < at + 12; axis += 3) {
    const a = boxes[axis]!
    const b = boxes[axis + 1]!
    const c = boxes[axis + 2]!
    const length = Math.sqrt(a * a + b * b + c * c)
    if (length === 0) continue
    const along = Math.abs(x * a + y * b + z * c) / length
    rest -= along * along
    if (along > length) outside += (along - length) * (along - length)
  }
  // What no axis explains lies across a box that is flat in that direction.
  return Math.sqrt(outside + Math.max(0, rest))
}
