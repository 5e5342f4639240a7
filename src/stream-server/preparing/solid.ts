import type { Mesh } from './mesh.ts'
import { gridPlace } from './part-glb.ts'
import type { Grid } from './part-glb.ts'
import { samePoints } from './same-points.ts'

/**
 * Whether a mesh encloses a volume: every edge is met by one that runs the other way, and the surface looks outwards. Points are the same when they are on `grid`. Edges
 * are not kept but summed up by three mixing functions in which those of opposite ways cancel out, so that even a mesh of many millions takes little memory.
 */
export function isSolid ({ indices, positions }: Pick<Mesh, 'indices' | 'positions'>, grid: Grid): boolean {
  const points = samePoints(positions.map((value, i) => gridPlace(grid, value, i % 3) + 0)) // + 0 makes one zero of the two
  const sums = new Int32Array(3)
  let volume = 0
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = [points[indices[i]!]!, points[indices[i + 1]!]!, points[indices[i + 2]!]!]
    addEdge(sums, a, b)
    addEdge(sums, b, c)
    addEdge(sums, c, a)
    volume += sixfold(positions, grid, a * 3, b * 3, c * 3)
  }
  return volume > 0 && sums.every(sum => sum === 0)
}

const seeds = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35] as const

function addEdge (sums: Int32Array, from: number, to: number): void {
  if (from === to) return
  const [low, high, way] = from < to ? [from, to, 1] : [to, from, -1]
  for (const [k, seed] of seeds.entries()) {
    let mixed = Math.imul(low ^ seed, 0x27d4eb2f) ^ Math.imul(high + seed | 0, 0x165667b1)
    mixed = Math.imul(mixed ^ mixed >>> 15, 0x2c1b3c6d)
    mixed = Math.imul(mixed ^ mixed >>> 12, 0x297a2d39)
    sums[k]! += way * (mixed ^ mixed >>> 15)
  }
}

/** Six times the volume between a triangle and the middle of the grid. */
function sixfold (p: Float32Array, { center: [x, y, z] }: Grid, a: number, b: number, c: number): number {
  const [ax, ay, az] = [p[a]! - x, p[a + 1]! - y, p[a + 2]! - z]
  const [bx, by, bz] = [p[b]! - x, p[b + 1]! - y, p[b + 2]! - z]
  const [cx, cy, cz] = [p[c]! - x, p[c + 1]! - y, p[c + 2]! - z]
  return ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
}
