import { adornedStride, fillAdorned } from './adorned-triangle.ts'
import { clip, cornerStride, isInside, mostCorners } from './clipper.ts'
import { CornerLight } from './corner-light.ts'
import { packed } from './framebuffer.ts'
import type { Framebuffer } from './framebuffer.ts'
import type { Geometry } from './geometry.ts'
import { hatched } from './lighting.ts'
import type { Lighting, Surface } from './lighting.ts'
import { isBehind } from './occlusion.ts'
import { Shading } from './shading.ts'
import type { Skin } from './textures/skin.ts'
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
  /** Colour of all its backs, where it is a solid that is cut open: hatched, its inside looks like the face of the cut. Null: they are lit. */
  inside: Surface | null
  /** What lies on it: a texture, or one without colours where only the corners have some. Null: it is plain. */
  skin: Skin | null
  /** How many times longer than wide a pixel's place on the texture may be until it gets coarser for that. */
  sharpness: number
}

/** Triangles of so many pixels to each side are looked at before they are lit. */
const small = 4

/** Draws one copy of one part. Keeps its working memory from copy to copy. */
export class InstancePainter {
  #x = new Int32Array(0)
  #y = new Int32Array(0)
  #depth = new Float64Array(0)
  #shading = new Shading()
  /** One over w: of what is adorned. */
  #over = new Float64Array(0)
  #light = new CornerLight()
  #adorned = new Float64Array(3 * adornedStride)
  #clip = new Float64Array(0)
  #outside = new Uint8Array(0)
  /** From the section plane; positive is seen. */
  #distance = new Float64Array(0)
  #corners = new Float64Array(mostCorners * cornerStride)
  #rows = new Float64Array(20)

  /** Answers how many triangles were taken on. */
  draw (target: Framebuffer, paint: Paint, geometry: Geometry, pose: Pose, lighting: Lighting): number {
    this.#place(target, geometry, pose)
    const { matrix: m, whole, inside, skin } = pose
    const mirrored = isMirrored(m)
    const oneSided = geometry.closed && whole && paint.cover >= 16
    const shading = this.#shading
    const backs = inside === null ? paint : { ...paint, hatching: hatched(inside) }
    if (skin === null) shading.begin(geometry.normals, m, lighting, inside !== null)
    else this.#light.begin(geometry, m, lighting, inside)
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
        const facing = this.#facing(a, b, c) !== mirrored
        this.#cut(target, facing ? paint : backs, geometry, pose, a, b, c, facing)
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
      if (skin !== null) {
        this.#adorn(a, 0, geometry, facing)
        this.#adorn(b, 1, geometry, facing)
        this.#adorn(c, 2, geometry, facing)
        fillAdorned(target, paint, this.#adorned, skin, pose.sharpness, !facing && inside !== null)
        continue
      }
      const color = facing ? front : back
      if (facing) shading.front3(a, b, c)
      else shading.back3(a, b, c)
      fillTriangle(target, facing ? paint : backs, xa, ya, da, color[a]!, xb, yb, db, color[b]!, xc, yc, dc, color[c]!)
    }
    return indices.length / 3
  }

  #place ({ width, height }: Framebuffer, geometry: Geometry, { matrix: m, viewProjection: v, jitter, whole, section, skin }: Pose): void {
    const { positions } = geometry
    const count = positions.length / 4
    if (this.#x.length < count) this.#grow(count)
    if (skin !== null && this.#over.length < count) this.#over = new Float64Array(count)
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
      if (skin !== null) this.#over[i] = over
    }
  }

  /** Writes one of the three corners of an adorned triangle. */
  #adorn (vertex: number, corner: 0 | 1 | 2, { uvs }: Geometry, facing: boolean): void {
    const at = corner * adornedStride
    const out = this.#adorned
    out[at] = this.#x[vertex]!
    out[at + 1] = this.#y[vertex]!
    out[at + 2] = this.#depth[vertex]!
    out[at + 3] = this.#over[vertex]!
    out[at + 4] = uvs?.[vertex * 2] ?? 0
    out[at + 5] = uvs?.[vertex * 2 + 1] ?? 0
    this.#light.write(out, at + 6, vertex, facing)
  }

  #cut (target: Framebuffer, paint: Paint, geometry: Geometry, pose: Pose, a: number, b: number, c: number, facing: boolean): void {
    const { jitter, section, skin, sharpness, inside } = pose
    const corners = this.#corners
    for (const [i, vertex] of [a, b, c].entries()) {
      const at = i * cornerStride
      for (let k = 0; k < 4; k++) corners[at + k] = this.#clip[vertex * 4 + k]!
      if (skin === null) this.#tint(at, vertex, facing)
      else {
        corners[at + 4] = geometry.uvs?.[vertex * 2] ?? 0
        corners[at + 5] = geometry.uvs?.[vertex * 2 + 1] ?? 0
        this.#light.write(corners, at + 6, vertex, facing)
      }
      corners[at + 10] = this.#distance[vertex]!
    }
    const count = clip(corners, section !== null)
    const px = (i: number) => Math.floor((corners[i * cornerStride]! / corners[i * cornerStride + 3]! * 0.5 + 0.5) * target.width * steps + jitter[0] * steps + 0.5)
    const py = (i: number) => Math.floor((0.5 - corners[i * cornerStride + 1]! / corners[i * cornerStride + 3]! * 0.5) * target.height * steps + jitter[1] * steps + 0.5)
    const depth = (i: number) => corners[i * cornerStride + 2]! / corners[i * cornerStride + 3]!
    if (skin !== null) {
      for (let i = 2; i < count; i++) {
        for (const [k, corner] of [0, i - 1, i].entries()) {
          const from = corner * cornerStride
          this.#adorned.set([px(corner), py(corner), depth(corner), 1 / corners[from + 3]!, ...corners.subarray(from + 4, from + 10)], k * adornedStride)
        }
        fillAdorned(target, paint, this.#adorned, skin, sharpness, !facing && inside !== null)
      }
      return
    }
    const tint = (i: number) => packed(corners[i * cornerStride + 6]!, corners[i * cornerStride + 7]!, corners[i * cornerStride + 8]!)
    for (let i = 2; i < count; i++) {
      fillTriangle(target, paint, px(0), py(0), depth(0), tint(0), px(i - 1), py(i - 1), depth(i - 1), tint(i - 1), px(i), py(i), depth(i), tint(i))
    }
  }

  /** Writes the colour of a corner that is to be cut. */
  #tint (at: number, vertex: number, facing: boolean): void {
    const shading = this.#shading
    if (facing) shading.front3(vertex, vertex, vertex)
    else shading.back3(vertex, vertex, vertex)
    const value = (facing ? shading.front : shading.back)[vertex]!
    for (let k = 0; k < 3; k++) this.#corners[at + 6 + k] = value >> k * 8 & 255
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
