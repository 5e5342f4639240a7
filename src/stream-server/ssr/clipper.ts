/** Numbers of a corner: x, y, depth row, w, then its place on a texture, red, green, blue and highlight, at last its distance from the section plane. */
export const cornerStride = 11

/** How far beyond the picture, as a multiple of its half, a triangle may reach before it is cut. */
export const guard = 16
/** Least w there is a picture for, so that nothing is divided by nought. */
export const leastW = 1e-7

/** Signed distance of a corner from each border of what can be drawn; inside is 0 and more. */
function inside (corners: Float64Array, at: number, plane: number): number {
  const w = corners[at + 3]!
  switch (plane) {
    case 0: return 2 * w - corners[at + 2]! // near plane: z + w, where the depth row is w - z
    case 1: return w - leastW
    case 2: return guard * w - corners[at]!
    case 3: return guard * w + corners[at]!
    case 4: return guard * w - corners[at + 1]!
    case 5: return guard * w + corners[at + 1]!
    default: return corners[at + 10]!
  }
}

/** Whether a corner lies within all borders. */
export const isInside = (x: number, y: number, depth: number, w: number): boolean =>
  2 * w - depth >= 0 && w >= leastW && x <= guard * w && -x <= guard * w && y <= guard * w && -y <= guard * w

/** Corners that a cut triangle may have: one more with every border. */
export const mostCorners = 3 + 7
const other = new Float64Array(mostCorners * cornerStride)

/** Cuts the triangle in `corners`, which has room for `mostCorners`, at all borders and with `section` at the plane too; answers how many corners are left: 0, or 3 and more. */
export function clip (corners: Float64Array, section = false): number {
  let count = 3
  let from: Float64Array = corners
  let to: Float64Array = other
  for (let plane = 0; plane < (section ? 7 : 6) && count > 0; plane++) {
    let made = 0
    let last = (count - 1) * cornerStride
    let lastInside = inside(from, last, plane)
    for (let i = 0; i < count; i++) {
      const at = i * cornerStride
      const now = inside(from, at, plane)
      if ((now >= 0) !== (lastInside >= 0)) {
        const share = lastInside / (lastInside - now)
        for (let k = 0; k < cornerStride; k++) to[made * cornerStride + k] = from[last + k]! + (from[at + k]! - from[last + k]!) * share
        made++
      }
      if (now >= 0) {
        for (let k = 0; k < cornerStride; k++) to[made * cornerStride + k] = from[at + k]!
        made++
      }
      last = at
      lastInside = now
    }
    count = made
    const swap = from
    from = to
    to = swap
  }
  if (count > 0 && from !== corners) corners.set(from)
  return count < 3 ? 0 : count
}
