import type { Framebuffer } from './framebuffer.ts'
import { hatchPeriod } from './lighting.ts'

/** Steps per pixel in which corners are placed. Everything is decided in whole numbers, so that neighbours agree to the last pixel. */
export const steps = 16
/** Corners may lie this many steps off, so that all products are exact. */
export const furthest = 2 ** 21

export const half = steps / 2
/** In which order the pixels of a 4×4 square are covered as a surface becomes opaque. */
export const bayer = new Uint8Array([0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5])

/** Everything that corners of one instance have in common. */
export interface Paint {
  /** Number of the instance plus one. */
  id: number
  /** Covered pixels out of 16; 16 is opaque. */
  cover: number
  /** Shifts the pattern of covered pixels, 0 to 15. */
  phase: number
  /** Packed colours, in the place of the corners', of what is hatched: where corners differ in colour it is not. */
  hatching: Uint32Array | null
}

/**
 * Fills one triangle. Corners: x and y in steps, whole and at most `furthest`; depth rises towards the eye; packed colour.
 * A pixel is filled when its middle lies inside; one that lies on an edge belongs to the triangle whose top or left edge that is. Either winding.
 */
export function fillTriangle (
  target: Framebuffer, paint: Paint,
  x0: number, y0: number, d0: number, c0: number,
  x1: number, y1: number, d1: number, c1: number,
  x2: number, y2: number, d2: number, c2: number
): void {
  let top = y0 < y1 ? y0 : y1
  if (y2 < top) top = y2
  let bottom = y0 > y1 ? y0 : y1
  if (y2 > bottom) bottom = y2
  let row = (top + half - 1) >> 4
  let last = (bottom - half) >> 4
  if (row < 0) row = 0
  if (last >= target.height) last = target.height - 1
  if (row > last) return
  let least = x0 < x1 ? x0 : x1
  if (x2 < least) least = x2
  let most = x0 > x1 ? x0 : x1
  if (x2 > most) most = x2
  let first = (least + half - 1) >> 4
  let end = (most - half) >> 4
  if (first < 0) first = 0
  if (end >= target.width) end = target.width - 1
  if (first > end) return

  let area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
  if (area === 0) return
  if (area < 0) {
    area = -area
    let swap = x1; x1 = x2; x2 = swap
    swap = y1; y1 = y2; y2 = swap
    swap = d1; d1 = d2; d2 = swap
    swap = c1; c1 = c2; c2 = swap
  }
  // Inside of an edge: a·column + b ≥ 0, where b is the row's; the middle of a pixel is what counts.
  const y = row * steps + half
  const a0 = (y0 - y1) * steps
  const a1 = (y1 - y2) * steps
  const a2 = (y2 - y0) * steps
  let b0 = (x1 - x0) * (y - y0) + (y1 - y0) * (x0 - half) - (y1 < y0 || (y1 === y0 && x1 > x0) ? 0 : 1)
  let b1 = (x2 - x1) * (y - y1) + (y2 - y1) * (x1 - half) - (y2 < y1 || (y2 === y1 && x2 > x1) ? 0 : 1)
  let b2 = (x0 - x2) * (y - y2) + (y0 - y2) * (x2 - half) - (y0 < y2 || (y0 === y2 && x0 > x2) ? 0 : 1)
  const s0 = (x1 - x0) * steps
  const s1 = (x2 - x1) * steps
  const s2 = (x0 - x2) * steps

  const scale = 1 / area
  const across = ((d1 - d0) * (y2 - y0) - (d2 - d0) * (y1 - y0)) * scale
  const down = ((d2 - d0) * (x1 - x0) - (d1 - d0) * (x2 - x0)) * scale
  const across16 = across * steps
  const { color, depth, ids, width } = target
  const { id, cover, hatching } = paint
  const smooth = c0 !== c1 || c1 !== c2
  const solid = cover >= 16

  let red = 0; let green = 0; let blue = 0
  let redAcross = 0; let greenAcross = 0; let blueAcross = 0
  let redDown = 0; let greenDown = 0; let blueDown = 0
  if (smooth) {
    const ux = (y2 - y0) * scale; const vx = (y0 - y1) * scale
    const uy = (x0 - x2) * scale; const vy = (x1 - x0) * scale
    red = c0 & 255
    const r1 = (c1 & 255) - red; const r2 = (c2 & 255) - red
    redAcross = r1 * ux + r2 * vx; redDown = r1 * uy + r2 * vy
    green = c0 >> 8 & 255
    const g1 = (c1 >> 8 & 255) - green; const g2 = (c2 >> 8 & 255) - green
    greenAcross = g1 * ux + g2 * vx; greenDown = g1 * uy + g2 * vy
    blue = c0 >> 16 & 255
    const e1 = (c1 >> 16 & 255) - blue; const e2 = (c2 >> 16 & 255) - blue
    blueAcross = e1 * ux + e2 * vx; blueDown = e1 * uy + e2 * vy
  }

  for (; row <= last; row++, b0 += s0, b1 += s1, b2 += s2) {
    let from = first
    let to = end
    if (a0 > 0) { const x = Math.ceil(-b0 / a0); if (x > from) from = x } else if (a0 < 0) { const x = Math.floor(b0 / -a0); if (x < to) to = x } else if (b0 < 0) continue
    if (a1 > 0) { const x = Math.ceil(-b1 / a1); if (x > from) from = x } else if (a1 < 0) { const x = Math.floor(b1 / -a1); if (x < to) to = x } else if (b1 < 0) continue
    if (a2 > 0) { const x = Math.ceil(-b2 / a2); if (x > from) from = x } else if (a2 < 0) { const x = Math.floor(b2 / -a2); if (x < to) to = x } else if (b2 < 0) continue
    if (from > to) continue
    const dx = from * steps + half - x0
    const dy = row * steps + half - y0
    let d = d0 + dx * across + dy * down
    let at = row * width + from
    const stop = row * width + to
    if (hatching !== null && !smooth) {
      for (let place = (from + target.height - row) % hatchPeriod; at <= stop; at++, d += across16) {
        if (d > depth[at]! && (solid || bayer[((row & 3) << 2 | (at - row * width) & 3) ^ paint.phase]! < cover)) {
          depth[at] = d
          color[at] = hatching[place]!
          ids[at] = id
        }
        place = place + 1 === hatchPeriod ? 0 : place + 1
      }
      continue
    }
    if (!smooth) {
      for (; at <= stop; at++, d += across16) {
        if (d > depth[at]! && (solid || bayer[((row & 3) << 2 | (at - row * width) & 3) ^ paint.phase]! < cover)) {
          depth[at] = d
          color[at] = c0
          ids[at] = id
        }
      }
      continue
    }
    let r = red + dx * redAcross + dy * redDown
    let g = green + dx * greenAcross + dy * greenDown
    let b = blue + dx * blueAcross + dy * blueDown
    for (; at <= stop; at++) {
      if (d > depth[at]! && (solid || bayer[((row & 3) << 2 | (at - row * width) & 3) ^ paint.phase]! < cover)) {
        depth[at] = d
        color[at] = 0xff000000 | b << 16 | (g & 255) << 8 | r & 255
        ids[at] = id
      }
      d += across16
      r += redAcross * steps
      g += greenAcross * steps
      b += blueAcross * steps
    }
  }
}
