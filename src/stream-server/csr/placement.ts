import type { SceneMessage } from '../protocol.ts'

/** Floats per instance in `Placements.boxes`: centre, then three half axes of its box in world space. */
export const boxStride = 12

/** Where the instances stand, laid out for a plan that is made many times a second. */
export interface Placements {
  count: number
  /** Part of each instance. */
  parts: Uint32Array
  boxes: Float64Array
  /** Radius of the sphere around the box, metres. */
  radii: Float64Array
  /** 1 where the instance is the mirror image of its part. */
  mirrored: Uint8Array
  /** Factor from errors of the part to errors in the world. */
  scales: Float64Array
}

export function placementsOf ({ parts, instances }: Pick<SceneMessage, 'parts' | 'instances'>): Placements {
  const count = instances.length
  const placements: Placements = {
    count, parts: new Uint32Array(count), boxes: new Float64Array(count * boxStride), radii: new Float64Array(count), scales: new Float64Array(count), mirrored: new Uint8Array(count)
  }
  for (const [i, { part, matrix: m }] of instances.entries()) {
    const info = parts[part]
    if (!info) throw new Error(`instance ${i} names part ${part}, which does not exist`)
    const { min, max } = info
    const box = placements.boxes.subarray(i * boxStride, (i + 1) * boxStride)
    let square = 0
    for (let row = 0; row < 3; row++) {
      box[row] = m[12 + row] ?? 0
      for (let axis = 0; axis < 3; axis++) {
        const a = axis as 0 | 1 | 2
        const factor = m[axis * 4 + row] ?? 0
        const half = factor * (max[a] - min[a]) / 2
        box[row] = (box[row] ?? 0) + factor * (min[a] + max[a]) / 2
        box[3 + axis * 3 + row] = half
        square += half * half
      }
    }
    placements.parts[i] = part
    placements.radii[i] = Math.sqrt(square)
    let largest = 0
    for (let column = 0; column < 12; column += 4) {
      const [x, y, z] = [m[column] ?? 0, m[column + 1] ?? 0, m[column + 2] ?? 0]
      largest = Math.max(largest, x * x + y * y + z * z)
    }
    placements.scales[i] = Math.sqrt(largest)
    placements.mirrored[i] = Number(determinant(m) < 0)
  }
  return placements
}

const determinant = (m: number[]): number =>
  m[0]! * (m[5]! * m[10]! - m[6]! * m[9]!) - m[4]! * (m[1]! * m[10]! - m[2]! * m[9]!) + m[8]! * (m[1]! * m[6]! - m[2]! * m[5]!)
