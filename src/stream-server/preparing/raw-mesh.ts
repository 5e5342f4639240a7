import type { Assembly, Finish } from './assembly.ts'
import { creasedNormals } from './creases.ts'
import { cornered, weld } from './mesh.ts'
import { UnreadableModel } from './unreadable.ts'

/** Geometry as a file has it, in double precision and the file's own unit. */
export interface RawMesh {
  indices: Uint32Array
  positions: Float64Array
  /** Per vertex; `null`: the file has none. */
  normals: Float32Array | null
  /** Linear RGBA, 0 to 255, per vertex; absent: it is white all over. */
  colors?: Uint8Array
}

/** Turns Z up, as most CAD has it, into Y up. */
export const zUp = [1, 0, 0, 0, 0, 0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 1]
export const yUp = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]

/**
 * Makes a part of a mesh whose unit is `metres` long. It is moved near its own zero while there is double precision; `shift` (metres) takes it back.
 * Answers `null` when nothing would be seen. Throws `UnreadableModel` when a triangle names a vertex that does not exist.
 */
export function addPart (assembly: Assembly, name: string, { indices, positions, normals, colors }: RawMesh, finish: Finish, metres: number): { part: number, shift: [number, number, number] } | null {
  const count = positions.length / 3
  if (indices.some(index => index >= count)) throw new UnreadableModel('The model is broken: a triangle names a vertex that does not exist.')
  const shift = middle(positions)
  const near = Float32Array.from(positions, (value, i) => (value - (shift[i % 3] ?? 0)) * metres + 0)
  const more = colors === undefined ? {} : { colors }
  const mesh = weld(normals ? { indices, positions: near, normals, ...more } : { ...creased(indices, near), ...cornered(more, indices) })
  if (mesh.indices.length === 0) return null
  return { part: assembly.parts.push({ ...finish, name, mesh }) - 1, shift: shift.map(value => value * metres) as [number, number, number] }
}

/** The middle of what lies far from zero, and zero for all else, so that copies stay alike. */
function middle (positions: Float64Array): [number, number, number] {
  const min = [Infinity, Infinity, Infinity]
  const max = [-Infinity, -Infinity, -Infinity]
  for (let i = 0; i < positions.length; i++) {
    const value = positions[i] ?? 0
    if (value < (min[i % 3] ?? 0)) min[i % 3] = value
    if (value > (max[i % 3] ?? 0)) max[i % 3] = value
  }
  const centre = min.map((low, k) => (low + (max[k] ?? 0)) / 2) as [number, number, number]
  const size = Math.hypot(...min.map((low, k) => (max[k] ?? 0) - low))
  return centre.every(Number.isFinite) && Math.hypot(...centre) > 16 * size ? centre : [0, 0, 0]
}

function creased (indices: Uint32Array, positions: Float32Array) {
  const normals = creasedNormals(indices, positions)
  const corners = new Float32Array(indices.length * 3)
  for (let i = 0; i < indices.length; i++) for (let k = 0; k < 3; k++) corners[i * 3 + k] = positions[(indices[i] ?? 0) * 3 + k] ?? 0
  return { indices: Uint32Array.from({ length: indices.length }, (_, i) => i), positions: corners, normals }
}
