import { MeshoptSimplifier } from 'meshoptimizer'
import type { Mesh } from './mesh.ts'

/** The triangles of one level of detail; they share the vertices of the part. */
export interface Level {
  indices: Uint32Array
  /** Metres at scale 1. */
  error: number
}

/** A level needs no coarser one below it when it has no more triangles than this. */
const smallest = 160
/** From level to level. */
const factor = 4
const mostLevels = 7
const normalWeight = 0.4

/** Levels of detail of a mesh, coarsest first; the last one is the mesh itself. `MeshoptSimplifier.ready` must have passed. */
export function levelsOf (mesh: Mesh): Level[] {
  const levels: Level[] = [{ indices: mesh.indices, error: 0 }]
  let target = mesh.indices.length / 3 / factor
  while (levels.length < mostLevels && (levels[0]?.indices.length ?? 0) / 3 > smallest) {
    const finer = levels[0] as Level
    const level = reduced(mesh, finer, Math.max(32, Math.round(target)))
    target /= factor
    if (level === null) break
    if (level.indices.length <= finer.indices.length * 0.7) levels.unshift(level)
    else if (target < smallest / factor) break
  }
  return levels
}

/** Simplified keeping its surface together if that gets near the target; else roughly, which always does. */
function reduced (mesh: Mesh, finer: Level, triangles: number): Level | null {
  const { positions, normals } = mesh
  const wanted = triangles * 3
  const [indices, error] = MeshoptSimplifier.simplifyWithAttributes(finer.indices, positions, 3, normals, 3, [normalWeight, normalWeight, normalWeight], null, wanted, 1e9, ['ErrorAbsolute', 'Permissive', 'Prune'])
  if (indices.length > 0 && indices.length <= wanted * 2) return { indices, error: finer.error + error }
  const [rough, share] = MeshoptSimplifier.simplifySloppy(finer.indices, positions, 3, null, wanted, 1)
  if (rough.length === 0) return null
  return { indices: rough, error: finer.error + share * MeshoptSimplifier.getScale(positions, 3) }
}
