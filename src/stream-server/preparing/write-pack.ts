import { mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MeshoptEncoder, MeshoptSimplifier } from 'meshoptimizer'
import { chunksName, manifestName, packFormat } from '../models/pack-format.ts'
import type { Manifest } from '../models/pack-format.ts'
import type { PartInfo } from '../protocol.ts'
import { levelsOf } from './levels.ts'
import { rounded } from './matrix.ts'
import { worldBounds } from './settled.ts'
import type { SettledAssembly } from './settled.ts'
import { gridOf, partGlb } from './part-glb.ts'

const six = (value: number) => Number(value.toPrecision(6))
/** Single precision needs no more. */
const eight = (value: number) => Number(value.toPrecision(8))

/** Writes the pack of an assembly into `folder`, which is made. `progress` hears the share done, 0 to 1, before every part. */
export async function writePack (assembly: SettledAssembly, folder: string, progress: (share: number, part: string) => void): Promise<void> {
  await Promise.all([MeshoptEncoder.ready, MeshoptSimplifier.ready])
  await mkdir(folder, { recursive: true })
  const chunks = await open(join(folder, chunksName), 'w')
  const parts: PartInfo[] = []
  const work = assembly.parts.reduce((sum, { mesh }) => sum + mesh.indices.length, 0)
  let done = 0
  try {
    for (const [index, { name, mesh, bounds, color, metallic, roughness }] of assembly.parts.entries()) {
      progress(done / work, name)
      const info: PartInfo = { name, min: bounds.min.map(eight) as PartInfo['min'], max: bounds.max.map(eight) as PartInfo['max'], color: color.map(six) as PartInfo['color'], metallic: six(metallic), roughness: six(roughness), levels: [] }
      for (const [level, { indices, error }] of levelsOf(mesh).entries()) {
        const { glb, vertices } = partGlb(index, level, mesh, indices, gridOf(bounds))
        await chunks.writeFile(glb)
        info.levels.push({ triangles: indices.length / 3, vertices, error: six(error), bytes: glb.length })
      }
      parts.push(info)
      done += mesh.indices.length
    }
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
      instances: assembly.instances.map(({ part, node, matrix }) => ({ part, node, matrix: rounded(matrix) })),
      triangles: assembly.instances.reduce((sum, { part }) => sum + (parts[part]?.levels.at(-1)?.triangles ?? 0), 0)
    }
  }
  await writeFile(join(folder, manifestName), JSON.stringify(manifest))
}
