import type { CameraMessage, PartInfo } from '../protocol.ts'
import { distanceToBox, frustumOf, seesBox } from './frustum.ts'
import { boxStride } from './placement.ts'
import type { Placements } from './placement.ts'

/** One level of one part: what is sent in one piece. */
export interface Chunk {
  part: number
  level: number
}

export type View = Pick<CameraMessage, 'viewProjection' | 'position' | 'focal' | 'tolerance'>

/** The coarsest level whose error, seen from `distance` metres, is within the tolerance; the finest when none is. */
export function neededLevel ({ levels }: Pick<PartInfo, 'levels'>, scale: number, distance: number, { focal, tolerance }: Pick<View, 'focal' | 'tolerance'>): number {
  const allowed = tolerance * distance / (focal * scale)
  const level = levels.findIndex(({ error }) => error <= allowed)
  return level === -1 ? levels.length - 1 : level
}

/**
 * What is still to be sent for a view, in the order in which it helps the picture most: first the coarsest level of every part in
 * sight, largest on screen first; then the levels the tolerance asks for, by (screen area × error removed / bytes).
 * `has` says what the viewer has already. Nothing out of sight, nothing twice, no level that no instance needs.
 */
export function planChunks (parts: PartInfo[], placements: Placements, view: View, has: (part: number, level: number) => boolean): Chunk[] {
  const frustum = frustumOf(view.viewProjection)
  const demands = new Map<number, Demand>()
  for (let i = 0; i < placements.count; i++) {
    if (!seesBox(frustum, placements.boxes, i * boxStride)) continue
    const number = placements.parts[i] as number
    const part = parts[number]
    if (!part) continue
    const scale = placements.scales[i] as number
    const radius = placements.radii[i] as number
    const distance = distanceToBox(view.position, placements.boxes, i * boxStride)
    const middle = Math.max(distance + radius, 1e-9)
    let demand = demands.get(number)
    if (!demand) demands.set(number, demand = { area: 0, weights: new Array<number>(part.levels.length).fill(0) })
    const area = (radius * view.focal / middle) ** 2
    const level = neededLevel(part, scale, distance, view)
    demand.area += area
    demand.weights[level] = (demand.weights[level] ?? 0) + area * scale * view.focal / middle
  }
  return [...coarsest(parts, demands, has), ...refinements(parts, demands, has)]
}

interface Demand {
  /** Screen area of all instances in sight, square pixels. */
  area: number
  /** Per level: sum over the instances that need just this level of (area × pixels per metre of error). */
  weights: number[]
}

type Has = (part: number, level: number) => boolean

function coarsest (parts: PartInfo[], demands: Map<number, Demand>, has: Has): Chunk[] {
  return [...demands]
    .filter(([part]) => !parts[part]?.levels.some((_, level) => has(part, level)))
    .sort(([a, first], [b, second]) => second.area - first.area || a - b)
    .map(([part]) => ({ part, level: 0 }))
}

function refinements (parts: PartInfo[], demands: Map<number, Demand>, has: Has): Chunk[] {
  const found: (Chunk & { worth: number })[] = []
  for (const [number, { weights }] of demands) {
    const levels = parts[number]?.levels ?? []
    let finest = 0
    for (let level = 1; level < levels.length; level++) if (has(number, level)) finest = level
    let worth = Infinity
    for (let level = finest + 1; level < levels.length; level++) {
      if (!weights[level]) continue
      const weight = weights.slice(level).reduce((sum, value) => sum + value, 0)
      const removed = (levels[finest]?.error ?? 0) - (levels[level]?.error ?? 0)
      worth = Math.min(worth, weight * removed / (levels[level]?.bytes ?? 1)) // a finer level never overtakes a coarser one
      found.push({ part: number, level, worth })
      finest = level
    }
  }
  return found.sort((a, b) => b.worth - a.worth || a.part - b.part || a.level - b.level).map(({ part, level }) => ({ part, level }))
}
