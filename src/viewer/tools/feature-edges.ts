import type { PartTriangles } from '../part-store.ts'

/** Cosine of the angle, 30°, from which on two triangles meet in an edge that a person would draw. */
const sharp = Math.cos(Math.PI / 6)
/** Corners closer than this share of the part's size are one. */
const weld = 1 / 65_536

/** The edges of a part that a person would draw: where the surface ends or bends sharply. Pairs of points, three numbers each. */
export function featureEdges ({ positions, index, start, count }: PartTriangles): Float32Array {
  const vertexOf = welded(positions, index, start, count)
  const normals = new Float32Array(count)
  /** First triangle at an edge, -1 once the edge is settled; by its two corners. */
  const open = new Map<number, number>()
  const edges: number[] = []
  const most = vertexOf.length
  const put = (a: number, b: number): void => {
    for (const corner of [a, b]) {
      const at = index[start + corner]! * 3
      edges.push(positions[at]!, positions[at + 1]!, positions[at + 2]!)
    }
  }
  const places = new Map<number, [number, number]>()
  for (let triangle = 0; triangle < count; triangle += 3) {
    const [a, b, c] = [vertexOf[triangle]!, vertexOf[triangle + 1]!, vertexOf[triangle + 2]!]
    if (a === b || b === c || c === a) continue
    writeNormal(normals, triangle, positions, index, start)
    for (let side = 0; side < 3; side++) {
      const [from, to] = [triangle + side, triangle + (side + 1) % 3]
      const [low, high] = vertexOf[from]! < vertexOf[to]! ? [vertexOf[from]!, vertexOf[to]!] : [vertexOf[to]!, vertexOf[from]!]
      const key = low * most + high
      const other = open.get(key)
      if (other === undefined) {
        open.set(key, triangle)
        places.set(key, [from, to])
      } else if (other >= 0) {
        open.set(key, -1)
        places.delete(key)
        const cosine = normals[other]! * normals[triangle]! + normals[other + 1]! * normals[triangle + 1]! + normals[other + 2]! * normals[triangle + 2]!
        if (cosine < sharp) put(from, to)
      }
    }
  }
  for (const [from, to] of places.values()) put(from, to)
  return new Float32Array(edges)
}

/** For each corner the number of its place in space. */
function welded (positions: ArrayLike<number>, index: ArrayLike<number>, start: number, count: number): Uint32Array {
  const least = [Infinity, Infinity, Infinity]
  let size = 0
  for (let at = start; at < start + count; at++) for (let axis = 0; axis < 3; axis++) least[axis] = Math.min(least[axis]!, positions[index[at]! * 3 + axis]!)
  for (let at = start; at < start + count; at++) for (let axis = 0; axis < 3; axis++) size = Math.max(size, positions[index[at]! * 3 + axis]! - least[axis]!)
  const scale = size === 0 ? 0 : 1 / (size * weld)
  const numbers = new Map<number, number>()
  const result = new Uint32Array(count)
  for (let corner = 0; corner < count; corner++) {
    const at = index[start + corner]! * 3
    let key = 0
    for (let axis = 0; axis < 3; axis++) key = key * 65_537 + Math.round((positions[at + axis]! - least[axis]!) * scale)
    const known = numbers.get(key) ?? numbers.size
    numbers.set(key, known)
    result[corner] = known
  }
  return result
}

function writeNormal (normals: Float32Array, triangle: number, positions: ArrayLike<number>, index: ArrayLike<number>, start: number): void {
  const [a, b, c] = [index[start + triangle]! * 3, index[start + triangle + 1]! * 3, index[start + triangle + 2]! * 3]
  const [ux, uy, uz] = [positions[b]! - positions[a]!, positions[b + 1]! - positions[a + 1]!, positions[b + 2]! - positions[a + 2]!]
  const [vx, vy, vz] = [positions[c]! - positions[a]!, positions[c + 1]! - positions[a + 1]!, positions[c + 2]! - positions[a + 2]!]
  const [x, y, z] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx]
  const length = Math.hypot(x, y, z) || 1
  normals.set([x / length, y / length, z / length], triangle)
}
