import { createHash } from 'node:crypto'
import type { Assembly, SourceInstance } from './assembly.ts'
import { Congruence, patternOf } from './congruence.ts'
import { multiply } from './matrix.ts'
import type { Mesh } from './mesh.ts'
import type { SettledPart } from './settled.ts'

type Shared = Pick<Assembly, 'nodes'> & { parts: SettledPart[], instances: SourceInstance[] }

/** Makes one part of parts that are the same but for where they stand, as files have them that know no copies. A node without a name takes that of the part it had. */
export function withoutTwins ({ nodes, parts, instances }: Shared): Shared {
  const patterns = parts.map(({ mesh, color, metallic, roughness, texture }) => patternOf(mesh, [...color, metallic, roughness, texture].join()))
  const counts = new Map<string, number>()
  for (const pattern of patterns) counts.set(pattern, (counts.get(pattern) ?? 0) + 1)
  const congruence = new Congruence()
  const kept: SettledPart[] = []
  const places = parts.map((part, index): { part: number, way: number[] | null } => {
    const pattern = patterns[index] ?? ''
    if (counts.get(pattern) === 1) return { part: kept.push(part) - 1, way: null }
    const look = pattern + adornmentOf(part.mesh)
    const [like, way] = congruence.find(part.mesh, look) ?? []
    if (like !== undefined && way !== undefined && bendsAlike(kept[like]?.mesh.normals, part.mesh.normals, way)) return { part: like, way }
    const made = kept.push(part) - 1
    congruence.remember(part.mesh, look, made, [0, 0, 0])
    return { part: made, way: null }
  })
  if (kept.length === parts.length) return { nodes, parts, instances }
  const named = [...nodes]
  return {
    parts: kept,
    instances: instances.map(({ part, node, matrix }) => {
      const place = places[part]
      if (place === undefined || place.way === null) return { part: place?.part ?? part, node, matrix }
      const own = named[node]
      if (own?.name === '') named[node] = { ...own, name: parts[part]?.name ?? '' }
      return { part: place.part, node, matrix: multiply(matrix, place.way) }
    }),
    nodes: named
  }
}

/** What vertices have beside their places. */
function adornmentOf ({ uvs, colors }: Mesh): string {
  if (uvs === undefined && colors === undefined) return ''
  const hash = createHash('sha1')
  for (const values of [uvs, colors]) hash.update(values === undefined ? 'none' : new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  return hash.digest('base64')
}

/** Whether light falls on both alike: normals that are turned by a matrix are the other's. */
function bendsAlike (a: Float32Array | undefined, b: Float32Array, m: number[]): boolean {
  if (a?.length !== b.length) return false
  for (let i = 0; i < a.length; i += 3) {
    let along = 0
    for (let row = 0; row < 3; row++) along += (m[row]! * a[i]! + m[4 + row]! * a[i + 1]! + m[8 + row]! * a[i + 2]!) * b[i + row]!
    if (!(along > 0.99)) return false
  }
  return true
}
