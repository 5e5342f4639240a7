import { checkSize } from './assembly.ts'
import type { Assembly, SourceInstance, SourcePart } from './assembly.ts'
import { moved } from './matrix.ts'
import { boundsOf, compact } from './mesh.ts'
import type { Bounds, Mesh } from './mesh.ts'
import { withoutTwins } from './twins.ts'
import { UnreadableModel } from './unreadable.ts'

/** A part without a vertex too many, and its box. */
export interface SettledPart extends SourcePart {
  bounds: Bounds
}

/** An assembly that can be written: sound numbers only, and everything near the point that `origin` names. */
export interface SettledAssembly extends Assembly {
  parts: SettledPart[]
  /** What was taken off all places, metres. */
  origin: [number, number, number]
}

/** Farther out, single precision has nothing left for the part itself. */
const farthest = 1e12
/** A part or a model farther from its own zero than so many times its size is moved there. */
const far = 16
const longestName = 200

/** Mends what can be mended, leaves out what cannot, with a warning each. Throws `UnreadableModel` when nothing is left to show, or too much. */
export function settled (assembly: Assembly): SettledAssembly {
  const warnings = [...assembly.warnings]
  const nodes = assembly.nodes.map(({ name, parent }) => ({ name: plainName(name, ''), parent }))
  const parts: SettledPart[] = []
  const places = new Map<number, { part: number, shift: [number, number, number] }>()
  const used = new Set(assembly.instances.map(({ part }) => part))
  for (const [index, part] of assembly.parts.entries()) {
    if (!used.has(index)) continue
    const name = plainName(part.name, `Part ${index + 1}`)
    const mesh = compact(part.mesh)
    const bounds = boundsOf(mesh.positions)
    if (mesh.indices.length === 0) warnings.push(`The part "${name}" is left out: it has no triangles.`)
    else if (!mesh.positions.every(sound)) warnings.push(`The part "${name}" is left out: it has coordinates that are not numbers, or beyond all measure.`)
    else {
      const shift = centred(mesh, bounds)
      parts.push({
        name,
        mesh,
        bounds,
        ...part.texture === undefined ? {} : { texture: part.texture },
        color: part.color.map((value, i) => within(value, i === 3 ? 1 : 0.6)) as SourcePart['color'],
        metallic: within(part.metallic, 0),
        roughness: within(part.roughness, 0.6)
      })
      places.set(index, { part: parts.length - 1, shift })
    }
  }
  let skipped = 0
  const instances: SourceInstance[] = []
  for (const { part, node, matrix } of assembly.instances) {
    const place = places.get(part)
    if (!place) continue
    const there = moved(matrix, place.shift)
    if (matrix.length === 16 && there.every(sound)) instances.push({ part: place.part, node, matrix: there })
    else skipped++
  }
  if (skipped > 0) warnings.push(`${skipped} placed parts are left out: their places are not numbers, or beyond all measure.`)
  if (instances.length === 0) throw new UnreadableModel('The model has no triangles to show.')
  const shared = withoutTwins({ nodes, parts, instances })
  checkSize(shared)
  return { ...shared, textures: assembly.textures, warnings, origin: nearby(shared.instances, shared.parts) }
}

const sound = (value: number) => Math.abs(value) <= farthest
const within = (value: number, otherwise: number) => Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : otherwise

function plainName (name: unknown, otherwise: string): string {
  if (typeof name !== 'string') return otherwise
  const plain = name.slice(0, 2 * longestName).replace(/\p{Cc}+/gu, ' ').trim()
  const cut = plain.length > longestName ? `${plain.slice(0, longestName - 1)}…` : plain
  return cut === '' ? otherwise : Buffer.from(cut).toString() // without half characters
}

/** Moves a part that is far from its own zero there, bounds and all, and tells from where. */
function centred ({ positions }: Mesh, { min, max }: Bounds): [number, number, number] {
  const centre = min.map((low, k) => (low + (max[k] ?? 0)) / 2) as [number, number, number]
  if (Math.hypot(...centre) <= far * sizeOf({ min, max })) return [0, 0, 0]
  for (let i = 0; i < positions.length; i++) positions[i] = (positions[i] ?? 0) - (centre[i % 3] ?? 0)
  for (const k of [0, 1, 2] as const) {
    min[k] -= centre[k]
    max[k] -= centre[k]
  }
  return centre
}

/** Moves a model that is far from zero near it, by whole metres, and tells by how much. */
function nearby (instances: SourceInstance[], parts: SettledPart[]): [number, number, number] {
  const { min, max } = worldBounds(instances, parts)
  const centre = min.map((low, k) => Math.round((low + (max[k] ?? 0)) / 2)) as [number, number, number]
  if (Math.hypot(...centre) <= far * sizeOf({ min, max })) return [0, 0, 0]
  for (const { matrix } of instances) for (const k of [0, 1, 2]) matrix[12 + k] = (matrix[12 + k] ?? 0) - (centre[k] ?? 0)
  return centre
}

const sizeOf = ({ min, max }: Bounds) => Math.hypot(...min.map((low, k) => (max[k] ?? 0) - low))

/** The box around all placed parts. */
export function worldBounds (instances: SourceInstance[], parts: SettledPart[]): Bounds {
  const min: Bounds['min'] = [Infinity, Infinity, Infinity]
  const max: Bounds['max'] = [-Infinity, -Infinity, -Infinity]
  for (const { part, matrix: m } of instances) {
    const box = parts[part]?.bounds
    if (!box) continue
    for (const row of [0, 1, 2] as const) {
      let middle = m[12 + row] ?? 0
      let half = 0
      for (const axis of [0, 1, 2] as const) {
        const factor = m[axis * 4 + row] ?? 0
        middle += factor * (box.min[axis] + box.max[axis]) / 2
        half += Math.abs(factor) * (box.max[axis] - box.min[axis]) / 2
      }
      min[row] = Math.min(min[row], middle - half)
      max[row] = Math.max(max[row], middle + half)
    }
  }
  return { min, max }
}
