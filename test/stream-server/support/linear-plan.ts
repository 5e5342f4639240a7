import { distanceToBox, frustumOf, seesBox } from '../../../src/stream-server/csr/frustum.ts'
import { boxStride, placementsOf } from '../../../src/stream-server/csr/placement.ts'
import { neededLevel } from '../../../src/stream-server/csr/plan.ts'
import type { Chunk, View } from '../../../src/stream-server/csr/plan.ts'
import type { InstanceInfo, PartInfo } from '../../../src/stream-server/protocol.ts'

/** The plan by the book: every instance is looked at, and nothing is remembered. */
export function linearPlan (parts: PartInfo[], instances: InstanceInfo[], view: View, held: ArrayLike<number>): Chunk[] {
  const placements = placementsOf({ parts, instances })
  const frustum = frustumOf(view.viewProjection)
  const demands = new Map<number, { area: number, weights: number[] }>()
  for (let i = 0; i < instances.length; i++) {
    if (!seesBox(frustum, placements.boxes, i * boxStride)) continue
    const part = placements.parts[i]!
    const scale = placements.scales[i]!
    const distance = distanceToBox(view.position, placements.boxes, i * boxStride)
    const pixels = view.focal / Math.max(distance + placements.radii[i]!, 1e-9)
    const demand = demands.get(part) ?? { area: 0, weights: parts[part]!.levels.map(() => 0) }
    demands.set(part, demand)
    const area = (placements.radii[i]! * pixels) ** 2
    demand.area += area
    demand.weights[neededLevel(parts[part]!, scale, distance, view)]! += area * scale * pixels
  }
  const first = [...demands].filter(([part]) => held[part]! < 0).sort(([a, left], [b, right]) => right.area - left.area || a - b).map(([part]) => ({ part, level: 0 }))
  const finer = [...demands].flatMap(([part, { weights }]) => {
    const { levels } = parts[part]!
    const found: Array<Chunk & { worth: number }> = []
    let finest = Math.max(0, held[part]!)
    let worth = Infinity
    for (let level = finest + 1; level < levels.length; level++) {
      if (weights[level] === 0) continue
      const weight = weights.slice(level).reduce((sum, value) => sum + value, 0)
      worth = Math.min(worth, weight * (levels[finest]!.error - levels[level]!.error) / levels[level]!.bytes)
      found.push({ part, level, worth })
      finest = level
    }
    return found
  })
  return [...first, ...finer.sort((a, b) => b.worth - a.worth || a.part - b.part || a.level - b.level).map(({ part, level }) => ({ part, level }))]
}
