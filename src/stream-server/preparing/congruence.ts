import { moved } from './matrix.ts'

/** Of the part's size, how far two points may lie apart and be the same. */
const tolerance = 1e-5
/** Meshes of one pattern that are looked at before giving up. */
const mostLike = 16

/** Vertices, three numbers each, and triangles. */
interface Shape {
  positions: Numbers
  indices: Uint32Array
}

type Numbers = Float64Array | Float32Array

interface Known {
  part: number
  positions: Numbers
  indices: Uint32Array
  shift: [number, number, number]
  size: number
  /** Three vertices that span the mesh. */
  frame: [number, number, number]
}

/** Finds parts that are the same but for where they stand, as CAD importers write them out for every copy: vertex by vertex in the same order. */
export class Congruence {
  #known = new Map<string, Known[]>()

  /** Keeps a mesh of this look in mind, which became `part` after it was moved by `-shift`. */
  remember (mesh: Shape, look: string, part: number, shift: number[]): void {
    const frame = frameOf(mesh.positions)
    if (!frame) return
    const key = patternOf(mesh, look)
    const list = this.#known.get(key) ?? []
    this.#known.set(key, list)
    const size = distance(mesh.positions, frame[0], mesh.positions, frame[1])
    if (list.length < mostLike) list.push({ part, positions: mesh.positions, indices: mesh.indices, shift: shift as Known['shift'], size, frame })
  }

  /** The part that this mesh is a copy of, and the matrix that puts the part there. */
  find (mesh: Shape, look: string): [part: number, matrix: number[]] | null {
    for (const known of this.#known.get(patternOf(mesh, look)) ?? []) {
      const matrix = rigid(known, mesh)
      if (matrix) return [known.part, moved(matrix, known.shift)]
    }
    return null
  }
}

/** Equal for all meshes of a look that can be copies of one. */
export function patternOf ({ indices, positions }: Shape, look: string): string {
  let hash = 0x811c9dc5
  for (const index of indices) hash = Math.imul(hash ^ index, 0x01000193)
  return `${positions.length} ${indices.length} ${hash} ${look}`
}

/** The first vertex, the one farthest from it, and the one farthest from the line of the two; `null` for what lies on a line. */
function frameOf (p: Numbers): [number, number, number] | null {
  let far = 0
  for (let i = 1; i < p.length / 3; i++) if (distance(p, 0, p, i) > distance(p, 0, p, far)) far = i
  const axis = unit(between(p, 0, far))
  if (!axis) return null
  let off = 0
  let most = 0
  for (let i = 1; i < p.length / 3; i++) {
    const away = Math.hypot(...cross(axis, between(p, 0, i)))
    if (away > most) [off, most] = [i, away]
  }
  return most > tolerance * distance(p, 0, p, far) ? [0, far, off] : null
}

/** The matrix that turns and moves one mesh onto the other, when there is one that fits at every vertex. */
function rigid ({ positions: a, indices, size, frame: [zero, far, off] }: Known, { positions: b, indices: other }: Shape): number[] | null {
  const near = size * tolerance
  if (Math.abs(distance(b, zero, b, far) - size) > near || indices.some((index, i) => index !== other[i])) return null
  const from = axesOf(a, zero, far, off)
  const to = axesOf(b, zero, far, off)
  if (!from || !to) return null
  const matrix = new Array<number>(16).fill(0)
  for (let column = 0; column < 3; column++) {
    for (let row = 0; row < 3; row++) matrix[column * 4 + row] = [0, 1, 2].reduce((sum, k) => sum + (to[k]?.[row] ?? 0) * (from[k]?.[column] ?? 0), 0)
  }
  const turned = (i: number, row: number) => [0, 1, 2].reduce((sum, k) => sum + (matrix[k * 4 + row] ?? 0) * (a[i * 3 + k] ?? 0), 0)
  for (let row = 0; row < 3; row++) matrix[12 + row] = (b[zero * 3 + row] ?? 0) - turned(zero, row)
  matrix[15] = 1
  for (let i = 0; i < a.length / 3; i++) {
    for (let row = 0; row < 3; row++) if (!(Math.abs(turned(i, row) + (matrix[12 + row] ?? 0) - (b[i * 3 + row] ?? 0)) <= near)) return null
  }
  return matrix
}

type Vector = [number, number, number]

function axesOf (p: Numbers, zero: number, far: number, off: number): [Vector, Vector, Vector] | null {
  const x = unit(between(p, zero, far))
  const z = x && unit(cross(x, between(p, zero, off)))
  return x && z ? [x, cross(z, x), z] : null
}

const between = (p: Numbers, i: number, k: number): Vector => [0, 1, 2].map(axis => (p[k * 3 + axis] ?? 0) - (p[i * 3 + axis] ?? 0)) as Vector
const cross = (a: Vector, b: Vector): Vector => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
const distance = (a: Numbers, i: number, b: Numbers, k: number) => Math.hypot((a[i * 3] ?? 0) - (b[k * 3] ?? 0), (a[i * 3 + 1] ?? 0) - (b[k * 3 + 1] ?? 0), (a[i * 3 + 2] ?? 0) - (b[k * 3 + 2] ?? 0))

function unit (vector: Vector): Vector | null {
  const length = Math.hypot(...vector)
  return length > 0 && Number.isFinite(length) ? vector.map(value => value / length) as Vector : null
}
