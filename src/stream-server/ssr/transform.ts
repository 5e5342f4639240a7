import type { Geometry } from './geometry.ts'

type Grid = Pick<Geometry, 'center' | 'scale'>
type Numbers = Float64Array | Float32Array

/** Writes at `at` the four numbers that make of a grid position what `row`, four numbers, makes of its place in the world; `m` is column-major, world from the part's coordinates. */
export function rowFromGrid (out: Numbers, at: number, [p, q, r, s]: readonly [number, number, number, number], m: ArrayLike<number>, { center, scale }: Grid): void {
  const along = (column: number) => p * m[column * 4]! + q * m[column * 4 + 1]! + r * m[column * 4 + 2]!
  const [a, b, c] = [along(0), along(1), along(2)]
  out[at] = a * scale
  out[at + 1] = b * scale
  out[at + 2] = c * scale
  out[at + 3] = a * center[0] + b * center[1] + c * center[2] + along(3) + s
}

/** Writes four such rows: x, y, a depth that rises towards the eye and is 0 at the far plane, and w; `v` is column-major, clip from world. */
export function clipFromGrid (out: Numbers, at: number, v: ArrayLike<number>, m: ArrayLike<number>, grid: Grid): void {
  for (let row = 0; row < 4; row++) {
    const value = (column: number) => row === 2 ? v[column * 4 + 3]! - v[column * 4 + 2]! : v[column * 4 + row]!
    rowFromGrid(out, at + row * 4, [value(0), value(1), value(2), value(3)], m, grid)
  }
}

/** Writes three columns that turn the part's normals into the world's, up to their length, `stride` numbers apart: the cofactors of the matrix, whatever its scales are. */
export function worldFromNormal (out: Numbers, at: number, stride: number, m: ArrayLike<number>): void {
  const sign = isMirrored(m) ? -1 : 1
  const cofactor = (i: number, j: number, k: number, l: number) => sign * (m[i]! * m[j]! - m[k]! * m[l]!)
  out[at] = cofactor(5, 10, 6, 9); out[at + 1] = cofactor(6, 8, 4, 10); out[at + 2] = cofactor(4, 9, 5, 8)
  at += stride
  out[at] = cofactor(2, 9, 1, 10); out[at + 1] = cofactor(0, 10, 2, 8); out[at + 2] = cofactor(1, 8, 0, 9)
  at += stride
  out[at] = cofactor(1, 6, 2, 5); out[at + 1] = cofactor(2, 4, 0, 6); out[at + 2] = cofactor(0, 5, 1, 4)
}

/** Whether what is seen through the matrix is its mirror image. */
export const isMirrored = (m: ArrayLike<number>): boolean =>
  m[0]! * (m[5]! * m[10]! - m[6]! * m[9]!) - m[4]! * (m[1]! * m[10]! - m[2]! * m[9]!) + m[8]! * (m[1]! * m[6]! - m[2]! * m[5]!) < 0
