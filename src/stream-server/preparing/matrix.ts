/** Column-major 4×4 matrices, as glTF has them. */
const at = (matrix: ArrayLike<number>, i: number) => matrix[i] ?? 0

export function multiply (a: ArrayLike<number>, b: ArrayLike<number>): number[] {
  return Array.from({ length: 16 }, (_, i) => {
    const row = i % 4
    const column = i - row
    return at(a, row) * at(b, column) + at(a, row + 4) * at(b, column + 1) + at(a, row + 8) * at(b, column + 2) + at(a, row + 12) * at(b, column + 3)
  })
}

export function compose (translation: ArrayLike<number>, rotation: ArrayLike<number>, scale: ArrayLike<number>): number[] {
  const [x, y, z, w] = [at(rotation, 0), at(rotation, 1), at(rotation, 2), at(rotation, 3)]
  const [sx, sy, sz] = [at(scale, 0), at(scale, 1), at(scale, 2)]
  return [
    (1 - 2 * (y * y + z * z)) * sx, 2 * (x * y + z * w) * sx, 2 * (x * z - y * w) * sx, 0,
    2 * (x * y - z * w) * sy, (1 - 2 * (x * x + z * z)) * sy, 2 * (y * z + x * w) * sy, 0,
    2 * (x * z + y * w) * sz, 2 * (y * z - x * w) * sz, (1 - 2 * (x * x + y * y)) * sz, 0,
    at(translation, 0), at(translation, 1), at(translation, 2), 1
  ]
}

/** The factor by which the matrix stretches the axis it stretches most. */
export function largestScale (matrix: ArrayLike<number>): number {
  return Math.max(...[0, 4, 8].map(i => Math.hypot(at(matrix, i), at(matrix, i + 1), at(matrix, i + 2))))
}

/** The matrix for geometry that was made larger by `1 / factor`. */
export function scaled (matrix: ArrayLike<number>, factor: number): number[] {
  return Array.from({ length: 16 }, (_, i) => i < 12 ? at(matrix, i) * factor : at(matrix, i))
}

/** Seven digits for directions, nine for the place: much shorter as text, and a micrometre in a kilometre. */
export function rounded (matrix: number[]): number[] {
  return matrix.map((value, i) => Math.abs(value) < 1e-9 ? 0 : Number(value.toPrecision(i < 12 ? 7 : 9)))
}

/** The matrix for geometry that was moved by `-shift`. */
export function moved (matrix: ArrayLike<number>, shift: [number, number, number]): number[] {
  return Array.from({ length: 16 }, (_, i) => i < 12 || i === 15 ? at(matrix, i) : at(matrix, i) + at(matrix, i - 12) * shift[0] + at(matrix, i - 8) * shift[1] + at(matrix, i - 4) * shift[2])
}
