/** The point of the world that a column-major clip-from-world matrix brings to these coordinates, each -1 to 1; null when the matrix is flat. */
export function worldPoint (m: ArrayLike<number>, x: number, y: number, z: number): [number, number, number] | null {
  // Three planes meet in the point: row - coordinate × row of w.
  const rows = [x, y, z].map((value, row) => [0, 1, 2, 3].map(column => m[column * 4 + row]! - value * m[column * 4 + 3]!)) as [Row, Row, Row]
  const [a, b, c] = rows
  const whole = determinant(a, b, c, 0, 1, 2)
  if (!(Math.abs(whole) > 0)) return null
  const point = [determinant(a, b, c, 3, 1, 2), determinant(a, b, c, 0, 3, 2), determinant(a, b, c, 0, 1, 3)].map(value => -value / whole)
  return point.every(Number.isFinite) ? point as [number, number, number] : null
}

type Row = [number, number, number, number]

/** Of the columns i, j and k. */
function determinant (a: Row, b: Row, c: Row, i: number, j: number, k: number): number {
  return a[i]! * (b[j]! * c[k]! - b[k]! * c[j]!) - a[j]! * (b[i]! * c[k]! - b[k]! * c[i]!) + a[k]! * (b[i]! * c[j]! - b[j]! * c[i]!)
}
