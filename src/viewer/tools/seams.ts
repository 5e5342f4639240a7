import type { PieceInfo } from '../../stream-server/protocol.ts'
import { meetsSharply } from './feature-edges.ts'
import type { OpenEdge } from './feature-edges.ts'

type Box = Pick<PieceInfo, 'min' | 'max'>

/** Above so many comparisons of open ends with pieces that have not come, none is made: no end is drawn then. */
const mostComparisons = 10_000_000

/**
 * The edges that a person would draw where pieces of a part end, in pairs of points: where two pieces meet, those that bend sharply; else where the surface itself ends. What
 * a piece that has not come (`missing`) may go on from is no end. Pieces have the same corners where they meet, at all levels.
 */
export function seamEdges (open: Iterable<readonly OpenEdge[]>, missing: readonly Box[]): Float32Array {
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
  if (alone.size * missing.length > mostComparisons) return new Float32Array(edges)
  const boxes = missing.map(roomy)
  for (const { points } of alone.values()) if (!boxes.some(box => holds(box, points))) edges.push(...points)
  return new Float32Array(edges)
}

function keyOf ({ points: [ax, ay, az, bx, by, bz] }: OpenEdge): string {
  const [a, b] = [`${ax} ${ay} ${az}`, `${bx} ${by} ${bz}`]
  return a < b ? `${a} ${b}` : `${b} ${a}`
}

/** Bounds are rounded, and coordinates quantised. */
function roomy ({ min, max }: Box): Box {
  const slack = 1e-4 * Math.max(...max.map((high, axis) => high - min[axis]!))
  return { min: min.map(value => value - slack) as Box['min'], max: max.map(value => value + slack) as Box['max'] }
}

const holds = ({ min, max }: Box, points: readonly number[]): boolean => points.every((value, i) => value >= min[i % 3]! && value <= max[i % 3]!)
