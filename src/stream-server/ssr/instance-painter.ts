import { clip, cornerStride, isInside, mostCorners } from './clipper.ts'
import { packed } from './framebuffer.ts'
import type { Framebuffer } from './framebuffer.ts'
import type { Geometry } from './geometry.ts'
import type { Lighting } from './lighting.ts'
import { isBehind } from './occlusion.ts'
import { Shading } from './shading.ts'
import { clipFromGrid, isMirrored, rowFromGrid } from './transform.ts'
import { fillTriangle, half, steps } from './triangle.ts'
import type { Paint } from './triangle.ts'

/** Where an instance stands in the picture. */
export interface Pose {
  /** Column-major 4×4: world from the part's coordinates. */
  matrix: ArrayLike<number>
  /** Column-major 4×4: clip from world. */
  viewProjection: ArrayLike<number>
  /** Moves the picture by parts of a pixel, to the right and down. */
  jitter: readonly [number, number]
  /** Nothing of it needs to be cut. */
  whole: boolean
  /** Seen is where ax + by + cz + d >= 0, in world coordinates; null: everything. Not null only where something of it may have to be cut. */
  section: readonly [number, number, number, number] | null
  /** Packed colour of all its backs, where it is a solid that is cut open: painted flat, its inside looks like the face of the cut. Null: they are lit. */
  inside: number | null
}

/** Triangles of so many pixels to each side are looked at before they are lit. */
const small = 4

/** Draws one copy of one part. Keeps its working memory from copy to copy. */
export class InstancePainter {
  #x = new Int32Array(0)
  #y = new Int32Array(0)
  #depth = new Float64Array(0)
  #shading = new Shading()
  #clip = new Float64Array(0)
  #outside = new Uint8Array(0)
  /** From the section plane; positive is seen. */
  #distance = new Float64Array(0)
  #corners = new Float64Array(mostCorners * cornerStride)
  #rows = new Float64Array(20)

  /** Answers how many triangles were taken on. */
  draw (target: Framebuffer, paint: Paint, geometry: Geometry, pose: Pose, lighting: Lighting): number {
    this.#place(target, geometry, pose)
    const { matrix: m, whole, inside } = pose
    const mirrored = isMirrored(m)
    const oneSided = geometry.closed && whole && paint.cover >= 16
    const shading = this.#shading
    shading.begin(geometry.normals, m, lighting, inside)
    const x = this.#x
    const y = this.#y
    const depth = this.#depth
    const outside = this.#outside
    const { front, back } = shading
    const { indices } = geometry
    const { width, height, depth: behind } = target
    for (let at = 0; at < indices.length; at += 3) {
      const a = indices[at]!
      const b = indices[at + 1]!
      const c = indices[at + 2]!
      if (!whole && (outside[a]! | outside[b]! | outside[c]!) !== 0) {
        this.#cut(target, paint, pose, a, b, c, mirrored)
        continue
      }
      const xa = x[a]!; const xb = x[b]!; const xc = x[c]!
      const ya = y[a]!; const yb = y[b]!; const yc = y[c]!
      // Rows go down, so what faces us runs the other way round.
      const area = (xb - xa) * (yc - ya) - (xc - xa) * (yb - ya)
      if (area === 0) continue
      const facing = (area < 0) !== mirrored
      if (oneSided && !facing) continue
      // Most triangles are small: many lie between the middles of pixels, and many behind what is there.
      const left = Math.max(0, ((xa < xb ? xa < xc ? xa : xc : xb < xc ? xb : xc) + half - 1) >> 4)
      const right = Math.min(width - 1, ((xa > xb ? xa > xc ? xa : xc : xb > xc ? xb : xc) - half) >> 4)
      if (left > right) continue
      const top = Math.max(0, ((ya < yb ? ya < yc ? ya : yc : yb < yc ? yb : yc) + half - 1) >> 4)
      const bottom = Math.min(height - 1, ((ya > yb ? ya > yc ? ya : yc : yb > yc ? yb : yc) - half) >> 4)
      if (top > bottom) continue
      const da = depth[a]!; const db = depth[b]!; const dc = depth[c]!
      if (right - left < small && bottom - top < small && isBehind(behind, width, left, right, top, bottom, da > db ? da > dc ? da : dc : db > dc ? db : dc)) continue
      const color = facing ? front : back
      if (facing) shading.front3(a, b, c)
      else shading.back3(a, b, c)
      fillTriangle(target, paint, xa, ya, da, color[a]!, xb, yb, db, color[b]!, xc, yc, dc, color[c]!)
    }
    return indices.length / 3
  }

  #place ({ width, height }: Framebuffer, geometry: Geometry, { matrix: m, viewProjection: v, jitter, whole, section }: Pose): void {
    const { positions } = geometry
    const count = positions.length / 4
    if (this.#x.length < count) this.#grow(count)
    if (!whole && this.#clip.length < count * 4) {
      this.#clip = new Float64Array(count * 4)
      this.#outside = new Uint8Array(count)
      this.#distance = new Float64Array(count)
    }
    const rows = this.#rows
    clipFromGrid(rows, 0, v, m, geometry)
    rowFromGrid(rows, 16, section ?? [0, 0, 0, 1], m, geometry)
    const [x0, x1, x2, x3, y0, y1, y2, y3, d0, d1, d2, d3, w0, w1, w2, w3, sx, sy, sz, rest] = rows as unknown as Row20
    const wide = width * steps / 2
    const high = height * steps / 2
    const left = wide + jitter[0] * steps + 0.5
    const above = high + jitter[1] * steps + 0.5
    for (let i = 0, at = 0; i < count; i++, at += 4) {
      const px = positions[at]!
      const py = positions[at + 1]!
      const pz = positions[at + 2]!
      const x = x0 * px + x1 * py + x2 * pz + x3
      const y = y0 * px + y1 * py + y2 * pz + y3
      const d = d0 * px + d1 * py + d2 * pz + d3
      const w = w0 * px + w1 * py + w2 * pz + w3
      if (!whole) {
        this.#clip[at] = x
        this.#clip[at + 1] = y
        this.#clip[at + 2] = d
        this.#clip[at + 3] = w
        const distance = sx * px + sy * py + sz * pz + rest
        this.#distance[i] = distance
        const inside = distance >= 0 && isInside(x, y, d, w)
        this.#outside[i] = inside ? 0 : 1
        if (!inside) continue
      }
      const over = 1 / w
      this.#x[i] = Math.floor(x * over * wide + left)
      this.#y[i] = Math.floor(above - y * over * high)
      this.#depth[i] = d * over
    }
  }

  #cut (target: Framebuffer, paint: Paint, { jitter, section }: Pose, a: number, b: number, c: number, mirrored: boolean): void {
    const corners = this.#corners
    const clipped = this.#clip
    const shading = this.#shading
    const facing = this.#facing(a, b, c) !== mirrored
    if (facing) shading.front3(a, b, c)
    else shading.back3(a, b, c)
    const color = facing ? shading.front : shading.back
    for (const [i, vertex] of [a, b, c].entries()) {
      const at = i * cornerStride
      for (let k = 0; k < 4; k++) corners[at + k] = clipped[vertex * 4 + k]!
      const value = color[vertex]!
      corners[at + 4] = value & 255
      corners[at + 5] = value >> 8 & 255
      corners[at + 6] = value >> 16 & 255
      corners[at + 7] = this.#distance[vertex]!
    }
    const count = clip(corners, section !== null)
    const px = (i: number) => Math.floor((corners[i * cornerStride]! / corners[i * cornerStride + 3]! * 0.5 + 0.5) * target.width * steps + jitter[0] * steps + 0.5)
    const py = (i: number) => Math.floor((0.5 - corners[i * cornerStride + 1]! / corners[i * cornerStride + 3]! * 0.5) * target.height * steps + jitter[1] * steps + 0.5)
    const depth = (i: number) => corners[i * cornerStride + 2]! / corners[i * cornerStride + 3]!
    const tint = (i: number) => packed(corners[i * cornerStride + 4]!, corners[i * cornerStride + 5]!, corners[i * cornerStride + 6]!)
    for (let i = 2; i < count; i++) {
      fillTriangle(target, paint, px(0), py(0), depth(0), tint(0), px(i - 1), py(i - 1), depth(i - 1), tint(i - 1), px(i), py(i), depth(i), tint(i))
    }
  }

  /** Whether the triangle turns its front to the eye, wherever its corners are: by the homogeneous area. */
  #facing (a: number, b: number, c: number): boolean {
    const p = this.#clip
    const cell = (vertex: number, k: 0 | 1 | 3) => p[vertex * 4 + k]!
    return cell(a, 0) * (cell(b, 1) * cell(c, 3) - cell(c, 1) * cell(b, 3)) -
      cell(a, 1) * (cell(b, 0) * cell(c, 3) - cell(c, 0) * cell(b, 3)) +
      cell(a, 3) * (cell(b, 0) * cell(c, 1) - cell(c, 0) * cell(b, 1)) > 0
  }

  #grow (count: number): void {
    this.#x = new Int32Array(count)
    this.#y = new Int32Array(count)
    this.#depth = new Float64Array(count)
  }
}

type Row20 = readonly [number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number]
