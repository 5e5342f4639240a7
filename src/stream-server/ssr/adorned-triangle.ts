import type { Framebuffer } from './framebuffer.ts'
import { encode, hatchPeriod, hatchShares } from './lighting.ts'
import { bayer, half, steps } from './triangle.ts'
import type { Paint } from './triangle.ts'
import type { Skin } from './textures/skin.ts'

/** Numbers of a corner of an adorned triangle: x and y in steps, depth, one over w, place on the texture, linear red, green and blue, highlight. */
export const adornedStride = 10
/** What runs over the surface, not over the picture: it is divided by w on the way. */
const running = 6
/** Pixels over which the copy of the texture runs evenly. */
const even = 16

/** Slopes of one over w, then of what runs over the surface: per step across and down. */
const across = new Float64Array(1 + running)
const down = new Float64Array(1 + running)
const base = new Float64Array(1 + running)

/**
 * Fills one triangle whose surface has a texture, or colours at its corners: the same pixels as `fillTriangle`, but each is lit by itself. `corners` has three, `adornedStride` apart.
 * `sharpness` is how many times longer than wide a pixel's place on the texture may be until it gets coarser for that. `isHatched` lays the hatching of cut faces over it.
 */
export function fillAdorned (target: Framebuffer, paint: Paint, corners: Float64Array, skin: Skin, sharpness: number, isHatched: boolean): void {
  const x0 = corners[0]!
  const y0 = corners[1]!
  let [one, two] = [adornedStride, 2 * adornedStride]
  let area = (corners[one]! - x0) * (corners[two + 1]! - y0) - (corners[two]! - x0) * (corners[one + 1]! - y0)
  if (area === 0) return
  if (area < 0) {
    area = -area
    ;[one, two] = [two, one]
  }
  const x1 = corners[one]!; const y1 = corners[one + 1]!
  const x2 = corners[two]!; const y2 = corners[two + 1]!
  const first = Math.max(0, (Math.min(x0, x1, x2) + half - 1) >> 4)
  const end = Math.min(target.width - 1, (Math.max(x0, x1, x2) - half) >> 4)
  const last = Math.min(target.height - 1, (Math.max(y0, y1, y2) - half) >> 4)
  const a0 = (y0 - y1) * steps; const a1 = (y1 - y2) * steps; const a2 = (y2 - y0) * steps
  const scale = 1 / area
  const ux = (y2 - y0) * scale; const vx = (y0 - y1) * scale
  const uy = (x0 - x2) * scale; const vy = (x1 - x0) * scale
  const d0 = corners[2]!
  const depthAcross = (corners[one + 2]! - d0) * ux + (corners[two + 2]! - d0) * vx
  const depthDown = (corners[one + 2]! - d0) * uy + (corners[two + 2]! - d0) * vy
  for (let k = 0; k <= running; k++) {
    const value = corners[3 + k]! * (k === 0 ? 1 : corners[3]!)
    const to1 = corners[one + 3 + k]! * (k === 0 ? 1 : corners[one + 3]!) - value
    const to2 = corners[two + 3 + k]! * (k === 0 ? 1 : corners[two + 3]!) - value
    base[k] = value
    across[k] = to1 * ux + to2 * vx
    down[k] = to1 * uy + to2 * vy
  }
  const acrossDepth = depthAcross * steps
  const { seen } = skin
  const { color, depth, ids, width, height } = target
  const { id, cover, phase } = paint
  for (let row = Math.max(0, (Math.min(y0, y1, y2) + half - 1) >> 4); row <= last; row++) {
    const y = row * steps + half
    let from = first
    let to = end
    const b0 = (x1 - x0) * (y - y0) + (y1 - y0) * (x0 - half) - (y1 < y0 || (y1 === y0 && x1 > x0) ? 0 : 1)
    const b1 = (x2 - x1) * (y - y1) + (y2 - y1) * (x1 - half) - (y2 < y1 || (y2 === y1 && x2 > x1) ? 0 : 1)
    const b2 = (x0 - x2) * (y - y2) + (y0 - y2) * (x2 - half) - (y0 < y2 || (y0 === y2 && x0 > x2) ? 0 : 1)
    if (a0 > 0) from = Math.max(from, Math.ceil(-b0 / a0)); else if (a0 < 0) to = Math.min(to, Math.floor(b0 / -a0)); else if (b0 < 0) continue
    if (a1 > 0) from = Math.max(from, Math.ceil(-b1 / a1)); else if (a1 < 0) to = Math.min(to, Math.floor(b1 / -a1)); else if (b1 < 0) continue
    if (a2 > 0) from = Math.max(from, Math.ceil(-b2 / a2)); else if (a2 < 0) to = Math.min(to, Math.floor(b2 / -a2)); else if (b2 < 0) continue
    const dy = y - y0
    const start = from * steps + half - x0
    let d = d0 + start * depthAcross + dy * depthDown
    let over = base[0]! + start * across[0]! + dy * down[0]!
    let u = base[1]! + start * across[1]! + dy * down[1]!
    let v = base[2]! + start * across[2]! + dy * down[2]!
    let red = base[3]! + start * across[3]! + dy * down[3]!
    let green = base[4]! + start * across[4]! + dy * down[4]!
    let blue = base[5]! + start * across[5]! + dy * down[5]!
    let shine = base[6]! + start * across[6]! + dy * down[6]!
    let level = 0
    let rising = 0
    for (let column = from; column <= to; column++) {
      if ((column - from) % even === 0) {
        const next = Math.min(to, column + even)
        level = levelAt(column * steps + half - x0, dy, skin, sharpness)
        rising = next > column ? (levelAt(next * steps + half - x0, dy, skin, sharpness) - level) / (next - column) : 0
      }
      const at = row * width + column
      if (d > depth[at]! && (cover >= 16 || bayer[((row & 3) << 2 | column & 3) ^ phase]! < cover)) {
        const w = 1 / over
        skin.look(u * w, v * w, level)
        const share = isHatched ? w * hatchShares[(column + height - row) % hatchPeriod]! : w
        depth[at] = d
        ids[at] = id
        color[at] = 0xff000000 | byteOf(blue * share * seen[2]! + shine * w) << 16 | byteOf(green * share * seen[1]! + shine * w) << 8 | byteOf(red * share * seen[0]! + shine * w)
      }
      d += acrossDepth
      over += across[0]! * steps
      u += across[1]! * steps
      v += across[2]! * steps
      red += across[3]! * steps
      green += across[4]! * steps
      blue += across[5]! * steps
      shine += across[6]! * steps
      level += rising
    }
  }
}

/** Single precision may bring a little less than nothing. */
const byteOf = (value: number): number => value > 0 ? encode(value) : 0

/** Which copy of the texture a pixel at so many steps from the first corner is to be looked up in. */
function levelAt (dx: number, dy: number, { width, height }: Skin, sharpness: number): number {
  const w = 1 / (base[0]! + dx * across[0]! + dy * down[0]!)
  const u = (base[1]! + dx * across[1]! + dy * down[1]!) * w
  const v = (base[2]! + dx * across[2]! + dy * down[2]!) * w
  const wide = steps * w * width
  const high = steps * w * height
  const right = ((across[1]! - u * across[0]!) * wide) ** 2 + ((across[2]! - v * across[0]!) * high) ** 2
  const below = ((down[1]! - u * down[0]!) * wide) ** 2 + ((down[2]! - v * down[0]!) * high) ** 2
  return 0.5 * Math.log2(Math.max(Math.max(right, below) / sharpness ** 2, Math.min(right, below)))
}
