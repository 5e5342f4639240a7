import type { Border } from './levels.ts'
import { boundsOf, cornered } from './mesh.ts'
import type { Bounds, Mesh } from './mesh.ts'
import { gridPlace } from './part-glb.ts'
import type { Grid } from './part-glb.ts'
import { samePoints } from './same-points.ts'

/** A mesh with more triangles than this is cut into pieces. */
export const largestWhole = 150_000
/** Triangles of a piece: its finest file is then about as large as what a viewer is sent ahead. */
const largestPiece = 65_536

/** Some triangles of a mesh that lie close together. */
export interface Piece {
  mesh: Mesh
  bounds: Bounds
  /** Where other pieces have vertices at the same points. */
  border: Border
}

/** How many pieces a mesh is cut into. */
export const pieceCount = ({ indices }: Pick<Mesh, 'indices'>): number => indices.length / 3 > largestWhole ? Math.ceil(indices.length / 3 / largestPiece) : 1

/**
 * The triangles of a mesh in pieces of about equal count, each triangle in one of them: halved across the longest side again and again. One after the other is made, since
 * all of them would take as much memory as the mesh. Points are the same when they are on `grid`, on which the files have them.
 */
export function * piecesOf (mesh: Mesh, grid: Grid): Generator<Piece> {
  const count = mesh.indices.length / 3
  const order = Uint32Array.from({ length: count }, (_, triangle) => triangle)
  const ends = new Halving(mesh, order).into(pieceCount(mesh))
  const points = samePoints(mesh.positions.map((value, i) => gridPlace(grid, value, i % 3) + 0)) // + 0 makes one zero of the two
  const shared = sharedPoints(mesh.indices, points, order, ends)
  const remap = new Int32Array(mesh.positions.length / 3).fill(-1)
  let start = 0
  for (const end of ends) {
    const { piece, from } = taken(mesh, order.subarray(start, end), remap)
    const vertices = Uint8Array.from(from, vertex => shared[points[vertex]!]!)
    const border = { vertices, points: new Set(from.map(vertex => points[vertex]!).filter((_, i) => vertices[i] === 1)).size }
    yield { mesh: piece, bounds: boundsOf(piece.positions), border }
    start = end
  }
}

/** Puts the triangles of a mesh in an order in which those of a piece stand together. */
class Halving {
  readonly #mesh: Mesh
  readonly #order: Uint32Array
  /** Three times the middle of each triangle in the range at hand, along one axis; moves with `#order`. */
  readonly #keys: Float32Array
  readonly #ends: number[] = []

  constructor (mesh: Mesh, order: Uint32Array) {
    this.#mesh = mesh
    this.#order = order
    this.#keys = new Float32Array(order.length)
  }

  /** Where each of so many pieces ends. */
  into (pieces: number): number[] {
    this.#halve(0, this.#order.length, pieces)
    return this.#ends
  }

  #halve (start: number, end: number, pieces: number): void {
    if (pieces === 1) {
      // In the order of the mesh, whose neighbours in memory are mostly neighbours in space.
      this.#order.subarray(start, end).sort()
      this.#ends.push(end)
      return
    }
    const half = pieces >> 1
    const middle = start + Math.round((end - start) * half / pieces)
    this.#measure(start, end)
    this.#part(start, end - 1, middle)
    this.#halve(start, middle, half)
    this.#halve(middle, end, pieces - half)
  }

  #measure (start: number, end: number): void {
    let widest = -1
    let longest = 0
    for (const axis of [0, 1, 2]) {
      let [least, largest] = [Infinity, -Infinity]
      for (let i = start; i < end; i++) {
        const key = this.#along(axis, this.#order[i]!)
        if (key < least) least = key
        if (key > largest) largest = key
      }
      if (largest - least > widest) {
        widest = largest - least
        longest = axis
      }
    }
    for (let i = start; i < end; i++) this.#keys[i] = this.#along(longest, this.#order[i]!)
  }

  #along (axis: number, triangle: number): number {
    const { indices, positions } = this.#mesh
    return positions[indices[triangle * 3]! * 3 + axis]! + positions[indices[triangle * 3 + 1]! * 3 + axis]! + positions[indices[triangle * 3 + 2]! * 3 + axis]!
  }

  /** Quickselect: afterwards nothing before `middle` has a larger key than what is there, and nothing behind it a smaller one. */
  #part (low: number, high: number, middle: number): void {
    const keys = this.#keys
    while (low < high) {
      const pivot = keys[(low + high) >> 1]!
      let i = low
      let j = high
      while (i <= j) {
        while (keys[i]! < pivot) i++
        while (keys[j]! > pivot) j--
        if (i <= j) this.#swap(i++, j--)
      }
      if (middle <= j) high = j
      else if (middle >= i) low = i
      else return
    }
  }

  #swap (i: number, j: number): void {
    for (const list of [this.#keys, this.#order]) {
      const value = list[i]!
      list[i] = list[j]!
      list[j] = value
    }
  }
}

/** By the first vertex at a point: 1 where triangles of several pieces meet. */
function sharedPoints (indices: Uint32Array, points: Uint32Array, order: Uint32Array, ends: number[]): Uint8Array {
  const shared = new Uint8Array(points.length)
  const owner = new Int32Array(points.length).fill(-1)
  for (const [piece, end] of ends.entries()) {
    for (let i = ends[piece - 1] ?? 0; i < end; i++) {
      for (let corner = order[i]! * 3; corner < order[i]! * 3 + 3; corner++) {
        const point = points[indices[corner]!]!
        if (owner[point] === -1) owner[point] = piece
        else if (owner[point] !== piece) shared[point] = 1
      }
    }
  }
  return shared
}

/** Some triangles of a mesh as a mesh of their own, and which vertices it has. `remap` is -1 everywhere, and is again. */
function taken ({ indices, positions, normals, ...more }: Mesh, triangles: Uint32Array, remap: Int32Array): { piece: Mesh, from: Uint32Array } {
  const own = new Uint32Array(triangles.length * 3)
  const from: number[] = []
  for (let i = 0; i < own.length; i++) {
    const vertex = indices[triangles[i / 3 | 0]! * 3 + i % 3]!
    if (remap[vertex] === -1) remap[vertex] = from.push(vertex) - 1
    own[i] = remap[vertex]!
  }
  const piece: Mesh = { indices: own, positions: new Float32Array(from.length * 3), normals: new Float32Array(from.length * 3), ...cornered(more, Uint32Array.from(from)) }
  for (const [to, vertex] of from.entries()) {
    for (let k = 0; k < 3; k++) {
      piece.positions[to * 3 + k] = positions[vertex * 3 + k]!
      piece.normals[to * 3 + k] = normals[vertex * 3 + k]!
    }
    remap[vertex] = -1
  }
  return { piece, from: Uint32Array.from(from) }
}
