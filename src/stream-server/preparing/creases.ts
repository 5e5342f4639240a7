import { samePoints } from './same-points.ts'

/** Neighbours whose planes differ by less are one smooth surface. */
const crease = Math.cos(35 * Math.PI / 180)
/** At a corner of more triangles each one goes its own way: all with all would take for ever. */
const mostAround = 64

/**
 * Normals for triangles that bring none: smooth across gentle edges, sharp at others. Vertices that lie at the same point count as one.
 * Answers one normal per corner, x, y, z.
 */
export function creasedNormals (indices: Uint32Array, positions: Float32Array): Float32Array {
  const faces = faceNormals(indices, positions)
  const points = samePoints(positions)
  const corners = indices.length
  // The corners at each point, one list after the other.
  const starts = new Uint32Array(positions.length / 3 + 1)
  for (const index of indices) {
    const after = (points[index] ?? 0) + 1
    starts[after] = (starts[after] ?? 0) + 1
  }
  for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] ?? 0) + (starts[i - 1] ?? 0)
  const around = new Uint32Array(corners)
  const next = starts.slice()
  for (let corner = 0; corner < corners; corner++) {
    const point = points[indices[corner] ?? 0] ?? 0
    const slot = next[point] ?? 0
    around[slot] = corner
    next[point] = slot + 1
  }
  const normals = new Float32Array(corners * 3)
  for (let corner = 0; corner < corners; corner++) {
    const point = points[indices[corner] ?? 0] ?? 0
    const own = Math.floor(corner / 3) * 4
    const [nx, ny, nz] = [faces[own] ?? 0, faces[own + 1] ?? 0, faces[own + 2] ?? 0]
    let [x, y, z] = [nx, ny, nz]
    const first = starts[point] ?? 0
    const last = starts[point + 1] ?? 0
    if (last - first <= mostAround) {
      x = y = z = 0
      for (let i = first; i < last; i++) {
        const other = Math.floor((around[i] ?? 0) / 3) * 4
        const [ox, oy, oz, area] = [faces[other] ?? 0, faces[other + 1] ?? 0, faces[other + 2] ?? 0, faces[other + 3] ?? 0]
        if (nx * ox + ny * oy + nz * oz < crease) continue
        x += ox * area
        y += oy * area
        z += oz * area
      }
    }
    const length = Math.hypot(x, y, z)
    normals.set(length > 0 ? [x / length, y / length, z / length] : [nx, ny, nz], corner * 3)
  }
  return normals
}

/** Unit normal and twice the area of each triangle. */
function faceNormals (indices: Uint32Array, p: Float32Array): Float64Array {
  const faces = new Float64Array(indices.length / 3 * 4)
  for (let i = 0, to = 0; i < indices.length; i += 3, to += 4) {
    const a = (indices[i] ?? 0) * 3
    const b = (indices[i + 1] ?? 0) * 3
    const c = (indices[i + 2] ?? 0) * 3
    const [ax, ay, az] = [p[a] ?? 0, p[a + 1] ?? 0, p[a + 2] ?? 0]
    const [ux, uy, uz] = [(p[b] ?? 0) - ax, (p[b + 1] ?? 0) - ay, (p[b + 2] ?? 0) - az]
    const [vx, vy, vz] = [(p[c] ?? 0) - ax, (p[c + 1] ?? 0) - ay, (p[c + 2] ?? 0) - az]
    const [x, y, z] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx]
    const length = Math.hypot(x, y, z)
    faces.set(length > 0 ? [x / length, y / length, z / length, length] : [0, 0, 0, 0], to)
  }
  return faces
}
