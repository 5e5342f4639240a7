import { MeshoptSimplifier } from 'meshoptimizer'
import type { Mesh } from './mesh.ts'

/** The triangles of one level of detail; they share the vertices of the part. */
export interface Level {
  indices: Uint32Array
  /** Metres at scale 1. */
  error: number
}

/** A level needs no coarser one below it when it has no more triangles than this. */
const enough = 200
const fewest = 72
/** From level to level. */
const factor = 4
const mostLevels = 7
/** Triangles for each point of a border: with fewer, what is left between the borders bears no likeness. */
const leastPerPoint = 1.5
/** How much a bent normal counts against a moved surface: little, silhouettes come first. */
const normalWeight = 0.1
/** Of the part's size. Above it, the ways of reducing that care less for the surface are tried too. */
const coarseError = 0.02

/** What of a piece's edge has to stay, since its neighbours meet it there. */
export interface Border {
  /** Per vertex: 1 where it stays. */
  vertices: Uint8Array
  /** Different points among them. */
  points: number
}

/**
 * Levels of detail of a mesh, coarsest first; the last one is the mesh itself. With a border, all levels have the same vertices there and the same edges between them.
 * `MeshoptSimplifier.ready` must have passed.
 */
export function levelsOf (mesh: Mesh, border?: Border): Level[] {
  const levels: Level[] = [{ indices: mesh.indices, error: 0 }]
  const least = Math.max(fewest, Math.round((border?.points ?? 0) * leastPerPoint))
  let target = mesh.indices.length / 3
  while (levels.length < mostLevels && target > enough && target > least) {
    target = Math.max(least, Math.round(target / factor))
    const finer = levels[0] as Level
    const level = reduced(mesh, finer, target, border?.vertices)
    if (level && level.indices.length <= finer.indices.length * 0.7) levels.unshift(level)
  }
  return levels
}

/** The best of some ways to get to about so many triangles, or `null` when nothing would be left. */
function reduced ({ positions, normals, uvs, colors }: Mesh, finer: Level, triangles: number, border?: Uint8Array): Level | null {
  const wanted = triangles * 3
  const size = MeshoptSimplifier.getScale(positions, 3)
  const weights = [normalWeight, normalWeight, normalWeight]
  if (uvs ?? colors) return adorned(positions, normals, uvs, colors, finer, wanted, border)
  if (border !== undefined) {
    // Neither pruned nor sloppy: both would take some of the border.
    const [indices, error] = MeshoptSimplifier.simplifyWithAttributes(finer.indices, positions, 3, normals, 3, weights, border, wanted, 1e9, ['ErrorAbsolute', 'Permissive'])
    return indices.length === 0 ? null : { indices, error: finer.error + error }
  }
  const ways: (() => [Uint32Array, number])[] = [
    () => MeshoptSimplifier.simplifyWithAttributes(finer.indices, positions, 3, normals, 3, weights, null, wanted, 1e9, ['ErrorAbsolute', 'Permissive', 'Prune']),
    () => MeshoptSimplifier.simplify(finer.indices, positions, 3, wanted, 1e9, ['ErrorAbsolute', 'Permissive', 'Prune']),
    () => {
      const [indices, share] = MeshoptSimplifier.simplifySloppy(finer.indices, positions, 3, null, wanted, 1)
      return [indices, share * size]
    }
  ]
  let best: Level | null = null
  for (const way of ways) {
    const [indices, error] = way()
    const usable = indices.length >= wanted / 4 && indices.length <= wanted * 1.5
    if (usable && (best === null || finer.error + error < best.error)) best = { indices, error: finer.error + error }
    if (best && best.error < coarseError * size) break
  }
  return best
}

/** What lies on a surface counts too, and its seams stay closed. */
function adorned (positions: Float32Array, normals: Float32Array, uvs: Float32Array | undefined, colors: Uint8Array | undefined, finer: Level, wanted: number, border: Uint8Array | null = null): Level | null {
  const weights = [normalWeight, normalWeight, normalWeight, ...uvs ? [1, 1] : [], ...colors ? [0.5, 0.5, 0.5] : []]
  const stride = weights.length
  const attributes = new Float32Array(positions.length / 3 * stride)
  for (let i = 0; i < positions.length / 3; i++) {
    attributes.set(normals.subarray(i * 3, i * 3 + 3), i * stride)
    if (uvs) attributes.set(uvs.subarray(i * 2, i * 2 + 2), i * stride + 3)
    if (colors) for (let k = 0; k < 3; k++) attributes[i * stride + stride - 3 + k] = (colors[i * 4 + k] ?? 0) / 255
  }
  const [indices, error] = MeshoptSimplifier.simplifyWithAttributes(finer.indices, positions, 3, attributes, stride, weights, border, wanted, 1e9, ['ErrorAbsolute'])
  return indices.length === 0 ? null : { indices, error: finer.error + error }
}
