export interface Places {
  translations: number[]
  rotations: number[]
  scales: number[]
}

/**
 * Where copies stand, as `EXT_mesh_gpu_instancing` has it: each column-major 4×4 matrix taken apart. `null` when one cannot be: it shears, mirrors (loaders
 * would turn its surfaces inside out) or has no size.
 */
export function placesOf (matrices: readonly number[][]): Places | null {
  const places: Places = { translations: [], rotations: [], scales: [] }
  for (const m of matrices) {
    const columns = [0, 4, 8].map(at => [m[at] ?? 0, m[at + 1] ?? 0, m[at + 2] ?? 0] as const)
    const sizes = columns.map(column => Math.hypot(...column))
    if (!sizes.every(size => size > 1e-12)) return null
    const [x = zero, y = zero, z = zero] = columns.map(([a, b, c], i) => [a / (sizes[i] ?? 1), b / (sizes[i] ?? 1), c / (sizes[i] ?? 1)] as const)
    const turned = dot(cross(x, y), z)
    if (turned < 1 - 1e-4 || Math.abs(dot(x, y)) > 1e-4 || Math.abs(dot(y, z)) > 1e-4 || Math.abs(dot(x, z)) > 1e-4) return null
    places.translations.push(m[12] ?? 0, m[13] ?? 0, m[14] ?? 0)
    places.rotations.push(...quaternion(x, y, z))
    places.scales.push(...sizes)
  }
  return places
}

type Vector = readonly [number, number, number]
const zero: Vector = [0, 0, 0]
const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const cross = (a: Vector, b: Vector): Vector => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]

/** Of the rotation whose columns are given; x, y, z, w. */
function quaternion ([m00, m10, m20]: Vector, [m01, m11, m21]: Vector, [m02, m12, m22]: Vector): number[] {
  const trace = m00 + m11 + m22
  if (trace > 0) {
    const s = 2 * Math.sqrt(trace + 1)
    return [(m21 - m12) / s, (m02 - m20) / s, (m10 - m01) / s, s / 4]
  }
  if (m00 > m11 && m00 > m22) {
    const s = 2 * Math.sqrt(1 + m00 - m11 - m22)
    return [s / 4, (m01 + m10) / s, (m02 + m20) / s, (m21 - m12) / s]
  }
  if (m11 > m22) {
    const s = 2 * Math.sqrt(1 + m11 - m00 - m22)
    return [(m01 + m10) / s, s / 4, (m12 + m21) / s, (m02 - m20) / s]
  }
  const s = 2 * Math.sqrt(1 + m22 - m00 - m11)
  return [(m02 + m20) / s, (m12 + m21) / s, s / 4, (m10 - m01) / s]
}
