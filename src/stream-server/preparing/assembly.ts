import type { SceneNode } from '../protocol.ts'
import type { Mesh } from './mesh.ts'
import type { Picture } from './picture.ts'
import { UnreadableModel } from './unreadable.ts'

/** How a part looks: linear RGB base colour with alpha, and the PBR factors, 0 to 1. */
export interface Finish {
  color: [number, number, number, number]
  metallic: number
  roughness: number
}

/** A part before its levels are made: geometry in metres at scale 1, Y up, and the look of it. */
export interface SourcePart extends Finish {
  name: string
  mesh: Mesh
  /** Number of the texture that lies on it, by `mesh.uvs`; absent: none. */
  texture?: number
}

/** Where a copy of a part stands: column-major 4×4 world matrix in full precision. */
export interface SourceInstance {
  part: number
  node: number
  matrix: number[]
}

/** A model taken apart, whatever its format: every mesh once, and where its copies stand. All importers make this, and `writePack` takes it. */
export interface Assembly {
  /** A parent stands before its children. */
  nodes: SceneNode[]
  parts: SourcePart[]
  instances: SourceInstance[]
  /** Each image once. */
  textures: Picture[]
  /** What was left out or mended, a sentence each, for the log. */
  warnings: string[]
}

/** What a browser can take on, and what preparation takes on before it says no. */
export const most = { nodes: 2_000_000, parts: 50_000, instances: 1_000_000, triangles: 40_000_000, vertices: 60_000_000, depth: 10_000 } as const

/** A part whose file says nothing about its look. */
export const plainFinish: Finish = { color: [0.6, 0.62, 0.65, 1], metallic: 0, roughness: 0.6 }

export const emptyAssembly = (): Assembly => ({ nodes: [], parts: [], instances: [], textures: [], warnings: [] })

/** Throws `UnreadableModel` when the assembly has grown beyond what can be shown. */
export function checkSize ({ nodes, parts, instances }: Pick<Assembly, 'nodes' | 'parts' | 'instances'>): void {
  const check = (what: string, count: number, limit: number) => {
    if (count > limit) throw new UnreadableModel(`The model is too large: it has more than ${limit.toLocaleString('en')} ${what}.`)
  }
  check('nodes', nodes.length, most.nodes)
  check('different parts', parts.length, most.parts)
  check('placed parts', instances.length, most.instances)
}

/** From sRGB, as most file formats have colours, to linear light. */
export const linear = (value: number): number => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
