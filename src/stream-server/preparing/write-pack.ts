import { mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MeshoptEncoder, MeshoptSimplifier } from 'meshoptimizer'
import { chunksName, manifestName, packFormat } from '../models/pack-format.ts'
import type { Manifest } from '../models/pack-format.ts'
import { trianglesOf } from '../pieces.ts'
import type { LevelInfo, PartInfo, PieceInfo } from '../protocol.ts'
import { most } from './assembly.ts'
import { levelsOf } from './levels.ts'
import type { Border } from './levels.ts'
import type { Bounds, Mesh } from './mesh.ts'
import type { Picture } from './picture.ts'
import { rounded } from './matrix.ts'
import { worldBounds } from './settled.ts'
import type { SettledAssembly } from './settled.ts'
import { gridOf, partGlb } from './part-glb.ts'
import type { Grid } from './part-glb.ts'
import { pieceCount, piecesOf } from './pieces.ts'
import { isSolid } from './solid.ts'

const six = (value: number) => Number(value.toPrecision(6))
/** Single precision needs no more. */
const eight = (value: number) => Number(value.toPrecision(8))

const corners = ({ min, max }: Bounds): Pick<PartInfo, 'min' | 'max'> => ({ min: min.map(eight) as Bounds['min'], max: max.map(eight) as Bounds['max'] })

/** Which parts come in pieces: those that are large enough, as long as all that is placed then is no more than a viewer takes on. */
function partsToCut ({ parts, instances }: SettledAssembly): (part: number) => boolean {
  const copies = new Uint32Array(parts.length)
  for (const { part } of instances) copies[part]!++
  const cut = new Set<number>()
  let placed = instances.length
  for (const [part, { mesh }] of parts.entries()) {
    const more = (pieceCount(mesh) - 1) * copies[part]!
    if (more === 0 || placed + more > most.instances) continue
    placed += more
    cut.add(part)
  }
  return part => cut.has(part)
}

/** What a part has beside its plain colour, and how that looks from afar. */
function adornments ({ colors }: Mesh, color: readonly number[], picture: Picture | undefined, texture: number | undefined): Pick<PartInfo, 'texture' | 'vertexColors' | 'average'> {
  if (picture === undefined && colors === undefined) return {}
  const mean = [0, 1, 2, 3].map(k => {
    if (colors === undefined) return 1
    let sum = 0
    for (let i = k; i < colors.length; i += 4) sum += colors[i] ?? 0
    return sum / (colors.length / 4) / 255
  })
  const average = color.map((value, k) => six(value * (mean[k] ?? 1) * (k < 3 ? picture?.average[k] ?? 1 : 1))) as NonNullable<PartInfo['average']>
  return { ...texture !== undefined && { texture }, ...colors && { vertexColors: true as const }, average }
}

/** Writes the pack of an assembly into `folder`, which is made. `progress` hears the share done, 0 to 1, before every part. */
export async function writePack (assembly: SettledAssembly, folder: string, progress: (share: number, part: string) => void): Promise<void> {
  await Promise.all([MeshoptEncoder.ready, MeshoptSimplifier.ready])
  await mkdir(folder, { recursive: true })
  const chunks = await open(join(folder, chunksName), 'w')
  const parts: PartInfo[] = []
  const work = assembly.parts.reduce((sum, { mesh }) => sum + mesh.indices.length, 0)
  const isCut = partsToCut(assembly)
  let done = 0
  let written = 0
  const writeLevels = async (name: string, mesh: Mesh, grid: Grid, border?: Border): Promise<LevelInfo[]> => {
    progress(done / work, name)
    const infos: LevelInfo[] = []
    for (const [level, { indices, error }] of levelsOf(mesh, border).entries()) {
      const { glb, vertices } = partGlb(written, level, mesh, indices, grid)
      await chunks.writeFile(glb)
      infos.push({ triangles: indices.length / 3, vertices, error: six(error), bytes: glb.length })
    }
    written++
    done += mesh.indices.length
    return infos
  }
  try {
    for (const [index, { name, mesh, bounds, color, metallic, roughness, texture }] of assembly.parts.entries()) {
      // All pieces lie on the grid of the part, so that what they share is the same to the last bit.
      const grid = gridOf(bounds)
      const info: PartInfo = { name, ...corners(bounds), ...isSolid(mesh, grid) && { solid: true as const }, color: color.map(six) as PartInfo['color'], metallic: six(metallic), roughness: six(roughness), ...adornments(mesh, color, texture === undefined ? undefined : assembly.textures[texture], texture), levels: [] }
      if (isCut(index)) {
        const pieces: PieceInfo[] = []
        for (const { mesh: piece, bounds, border } of piecesOf(mesh, grid)) pieces.push({ ...corners(bounds), levels: await writeLevels(name, piece, grid, border) })
        info.pieces = pieces
      } else info.levels = await writeLevels(name, mesh, grid)
      parts.push(info)
    }
    for (const { bytes } of assembly.textures) await chunks.writeFile(bytes)
  } finally {
    await chunks.close()
  }
  const manifest: Manifest = {
    format: packFormat,
    scene: {
      type: 'scene',
      model: '',
      ...worldBounds(assembly.instances, assembly.parts),
      ...assembly.origin.some(value => value !== 0) && { origin: assembly.origin },
      nodes: assembly.nodes,
      parts,
      ...assembly.textures.length > 0 && { textures: assembly.textures.map(({ mimeType, width, height, bytes }) => ({ mimeType, width, height, bytes: bytes.length })) },
      instances: assembly.instances.map(({ part, node, matrix }) => ({ part, node, matrix: rounded(matrix) })),
      triangles: assembly.instances.reduce((sum, { part }) => sum + trianglesOf(parts[part] ?? { levels: [] }), 0)
    }
  }
  await writeFile(join(folder, manifestName), JSON.stringify(manifest))
}
