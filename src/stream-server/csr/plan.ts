import type { CameraMessage, PartInfo, SceneMessage, TextureInfo } from '../protocol.ts'
import { distanceToBox, frustumOf } from './frustum.ts'
import { InstanceIndex } from './instance-index.ts'
import { boxStride, placementsOf } from './placement.ts'
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
  let level = 0
  while (level < levels.length - 1 && levels[level]!.error > allowed) level++
  return level
}

/** What a view asks of each part, summed up over its instances in sight. */
export interface Demands {
  /** Parts with an instance in sight. */
  parts: number[]
  /** Per part: screen area of all instances in sight, square pixels. */
  areas: Float64Array
  /** Per part: instances in sight. */
  counts: Uint32Array
  /** Per part, from `first[part]` on, and level: sum over the instances that need just this level of (area × pixels per metre of error). */
  weights: Float64Array
  first: Uint32Array
  /** Per part: 2 where it stands both as it is and mirrored, since a viewer holds both, else 1. */
  copies: Uint8Array
  /** Those of the scene. */
  textures: readonly TextureInfo[]
}

/** A chunk and how much it helps the picture. */
export interface Wish extends Chunk {
  worth: number
}

/** Plans for one scene, again for every camera: only what is in sight costs time. */
export class Planner {
  readonly #parts: PartInfo[]
  readonly #placements: Placements
  readonly #index: InstanceIndex
  readonly #first: Uint32Array
  readonly #levels: number
  readonly #copies: Uint8Array
  readonly #textures: readonly TextureInfo[]
  /** Where the boxes' middles are in the scene, once something was displaced. */
  #middles: Float64Array | undefined

  constructor (scene: Pick<SceneMessage, 'parts' | 'instances' | 'textures'>) {
    this.#textures = scene.textures ?? []
    this.#parts = scene.parts
    this.#placements = placementsOf(scene)
    this.#index = new InstanceIndex(this.#placements)
    this.#first = new Uint32Array(scene.parts.length)
    let levels = 0
    for (const [part, info] of scene.parts.entries()) {
      this.#first[part] = levels
      levels += info.levels.length
    }
    this.#levels = levels
    const kinds = new Uint8Array(scene.parts.length)
    for (let i = 0; i < this.#placements.count; i++) kinds[this.#placements.parts[i]!]! |= 1 << this.#placements.mirrored[i]!
    this.#copies = kinds.map(kind => kind === 3 ? 2 : 1)
  }

  /** Moves each instance from its place in the scene to `factor` times its way further, three numbers of `ways` each. */
  displace (ways: ArrayLike<number>, factor: number): void {
    const { count, boxes } = this.#placements
    this.#middles ??= Float64Array.from({ length: count * 3 }, (_, i) => boxes[(i / 3 | 0) * boxStride + i % 3]!)
    for (let i = 0; i < count; i++) {
      for (let axis = 0; axis < 3; axis++) boxes[i * boxStride + axis] = this.#middles[i * 3 + axis]! + factor * ways[i * 3 + axis]!
    }
    this.#index.refit()
  }

  /** What `view` asks for, of all instances or of those for which `wanted` has a 1, but for those for which `hidden` has one. */
  demands (view: View, wanted?: Uint8Array, hidden?: Uint8Array): Demands {
    const { parts: numbers, boxes, scales, radii } = this.#placements
    const parts = this.#parts
    const { position, focal } = view
    const seen: number[] = []
    const areas = new Float64Array(parts.length)
    const counts = new Uint32Array(parts.length)
    const weights = new Float64Array(this.#levels)
    const first = this.#first
    this.#index.inSight(frustumOf(view.viewProjection), i => {
      if (wanted?.[i] === 0 || hidden?.[i] === 1) return
      const part = numbers[i]!
      const scale = scales[i]!
      const radius = radii[i]!
      const distance = distanceToBox(position, boxes, i * boxStride)
      const pixels = focal / Math.max(distance + radius, 1e-9)
      const area = radius * radius * pixels * pixels
      if (counts[part] === 0) seen.push(part)
      counts[part]!++
      areas[part]! += area
      weights[first[part]! + neededLevel(parts[part]!, scale, distance, view)]! += area * scale * pixels
    })
    return { parts: seen, areas, counts, weights, first, copies: this.#copies, textures: this.#textures }
  }
}

/**
 * What is still to be sent for a view, in the order in which it helps the picture most: first the coarsest level of every part in
 * sight, largest on screen first; then the levels the tolerance asks for, by (screen area × error removed / bytes).
 * `held` says which level of each part the viewer has, -1 for none. Nothing out of sight, nothing twice, no level that no instance needs.
 */
export function wishesFor (parts: PartInfo[], demands: Demands, held: ArrayLike<number>): Wish[] {
  return [...coarsest(demands, held), ...refinements(parts, demands, held)]
}

function coarsest ({ parts: seen, areas }: Demands, held: ArrayLike<number>): Wish[] {
  return seen
    .filter(part => held[part]! < 0)
    .map(part => ({ part, level: 0, worth: areas[part]! }))
    .sort((a, b) => b.worth - a.worth || a.part - b.part)
}

function refinements (parts: PartInfo[], { parts: seen, weights, first }: Demands, held: ArrayLike<number>): Wish[] {
  const found: Wish[] = []
  for (const part of seen) {
    const { levels } = parts[part]!
    let finest = Math.max(held[part]!, 0)
    let worth = Infinity
    for (let level = finest + 1; level < levels.length; level++) {
      if (weights[first[part]! + level] === 0) continue
      let weight = 0
      for (let finer = level; finer < levels.length; finer++) weight += weights[first[part]! + finer]!
      const removed = levels[finest]!.error - levels[level]!.error
      worth = Math.min(worth, weight * removed / levels[level]!.bytes) // a finer level never overtakes a coarser one
      found.push({ part, level, worth })
      finest = level
    }
  }
  return found.sort((a, b) => b.worth - a.worth || a.part - b.part || a.level - b.level)
}
