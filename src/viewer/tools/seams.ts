import type { PieceInfo } from '../../stream-server/protocol.ts'
import { meetsSharply } from './feature-edges.ts'
import type { OpenEdge } from './feature-edges.ts'

/**
 * The edges that a person would draw where pieces of a part end, in pairs of points: where two pieces meet, those that bend sharply; else where the surface itself ends. What
 * a piece that has not come (`missing`) may go on from is no end. Pieces have the same corners where they meet, at all levels.
 */
export function seamEdges (open: Iterable<readonly OpenEdge[]>, missing: ReadonlyArray<Pick<PieceInfo, 'min' | 'max'>>): Float32Array {
  const alone = new Map<string, OpenEdge>()
  const edges: number[] = []
  for (const piece of open) {
    for (const edge of piece) {
      const key = keyOf(edge)
      const other = alone.get(key)
      if (other === undefined) alone.set(key, edge)
      else {
        alone.delete(key)
        if (meetsSharply(edge, other)) edges.push(...edge.points)
      }
    }
  }
  for (const { points } of alone.values()) if (!missing.some(box => holds(box, points))) edges.push(...points)
  return new Float32Array(edges)
}

function keyOf ({ points: [ax, ay, az, bx, by, bz] }: OpenEdge): string {
  const [a, b] = [`${ax} ${ay} ${az}`, `${bx} ${by} ${bz}`]
  return a < b ? `${a} ${b}` : `${b} ${a}`
}

/** Bounds are rounded, and coordinates quantised. */
function holds ({ min, max }: Pick<PieceInfo, 'min' | 'max'>, points: readonly number[]): boolean {
  const slack = 1e-4 * Math.max(...max.map((high, axis) => high - min[axis]!))
  return points.every((value, i) => value >= min[i % 3]! - slack && value <= max[i % 3]! + slack)
}
