import { mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MeshoptEncoder, MeshoptSimplifier } from 'meshoptimizer'
import { chunksName, manifestName, packFormat } from '../models/pack-format.ts'
import type { Manifest } from '../models/pack-format.ts'
import type { PartInfo } from '../protocol.ts'
import { levelsOf } from './levels.ts'
import type { Mesh } from './mesh.ts'
import type { Picture } from './picture.ts'
import { rounded } from './matrix.ts'
import { worldBounds } from './settled.ts'
import type { SettledAssembly } from './settled.ts'
import { gridOf, partGlb } from './part-glb.ts'

const six = (value: number) => Number(value.toPrecision(6))
/** Single precision needs no more. */
const eight = (value: number) => Number(value.toPrecision(8))

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
  let done = 0
  try {
    for (const [index, { name, mesh, bounds, color, metallic, roughness, texture }] of assembly.parts.entries()) {
      progress(done / work, name)
      const info: PartInfo = { name, min: bounds.min.map(eight) as PartInfo['min'], max: bounds.max.map(eight) as PartInfo['max'], color: color.map(six) as PartInfo['color'], metallic: six(metallic), roughness: six(roughness), ...adornments(mesh, color, texture === undefined ? undefined : assembly.textures[texture], texture), levels: [] }
      for (const [level, { indices, error }] of levelsOf(mesh).entries()) {
        const { glb, vertices } = partGlb(index, level, mesh, indices, gridOf(bounds))
        await chunks.writeFile(glb)
        info.levels.push({ triangles: indices.length / 3, vertices, error: six(error), bytes: glb.length })
      }
      parts.push(info)
      done += mesh.indices.length
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
      triangles: assembly.instances.reduce((sum, { part }) => sum + (parts[part]?.levels.at(-1)?.triangles ?? 0), 0)
    }
  }
  await writeFile(join(folder, manifestName), JSON.stringify(manifest))
}
