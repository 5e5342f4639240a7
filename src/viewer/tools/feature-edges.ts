import type { PartTriangles } from '../part-store.ts'

/** Cosine of the angle, 30°, from which on two triangles meet in an edge that a person would draw. */
const sharp = Math.cos(Math.PI / 6)
/** Corners closer than this share of the part's size are one. */
const weld = 1 / 65_536

type Vector = [number, number, number]

/** An edge that only one triangle has. */
export interface OpenEdge {
  /** Its ends, x, y, z each. */
  points: [number, number, number, number, number, number]
  /** Of its triangle. */
  normal: Vector
  /** Of the surface along it, as well as it is known. */
  surface: Vector
}

/** The edges of a part that a person would draw: where the surface ends or bends sharply. Pairs of points, three numbers each. */
export function featureEdges (triangles: PartTriangles): Float32Array {
  const { bent, open } = edgesOf(triangles)
  return new Float32Array([...bent, ...open.flatMap(({ points }) => points)])
}

type Side = Pick<OpenEdge, 'normal' | 'surface'>
const differs = (a: Vector, b: Vector): boolean => a[0] * b[0] + a[1] * b[1] + a[2] * b[2] < sharp
/** Whether two triangles meet in an edge that a person would draw: the surface has to bend too, since where it is coarse a thin triangle may lean any way. */
export const meetsSharply = (a: Side, b: Side): boolean => differs(a.normal, b.normal) && differs(a.surface, b.surface)

/** Where a surface bends sharply, in pairs of points, and where it ends. */
export function edgesOf ({ positions, index, start, count, normals: smooth }: PartTriangles): { bent: Float32Array, open: OpenEdge[] } {
  const vertexOf = welded(positions, index, start, count)
  const normals = new Float32Array(count)
  /** First triangle at an edge, -1 once the edge is settled; by its two corners. */
  const open = new Map<number, number>()
  const edges: number[] = []
  const most = vertexOf.length
  const ends = (a: number, b: number): OpenEdge['points'] => {
    const [from, to] = [index[start + a]! * 3, index[start + b]! * 3]
    return [positions[from]!, positions[from + 1]!, positions[from + 2]!, positions[to]!, positions[to + 1]!, positions[to + 2]!]
  }
  const sideOf = (triangle: number, a: number, b: number): Side => {
    const normal: Vector = [normals[triangle]!, normals[triangle + 1]!, normals[triangle + 2]!]
    return { normal, surface: smooth === undefined ? normal : between(smooth, index[start + a]! * 3, index[start + b]! * 3) }
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
        if (meetsSharply(sideOf(other, ...cornersOf(vertexOf, other, vertexOf[from]!, vertexOf[to]!)), sideOf(triangle, from, to))) edges.push(...ends(from, to))
      }
    }
  }
  const alone = [...places].map(([key, [from, to]]): OpenEdge => {
    return { points: ends(from, to), ...sideOf(open.get(key)!, from, to) }
  })
  return { bent: new Float32Array(edges), open: alone }
}

/** The two corners of a triangle that are at these places. */
function cornersOf (vertexOf: Uint32Array, triangle: number, a: number, b: number): [number, number] {
  const at = (place: number): number => [triangle, triangle + 1, triangle + 2].find(corner => vertexOf[corner] === place) ?? triangle
  return [at(a), at(b)]
}

/** The mean of two unit vectors. */
function between (vectors: ArrayLike<number>, a: number, b: number): Vector {
  const [x, y, z] = [vectors[a]! + vectors[b]!, vectors[a + 1]! + vectors[b + 1]!, vectors[a + 2]! + vectors[b + 2]!]
  const length = Math.hypot(x, y, z) || 1
  return [x / length, y / length, z / length]
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
