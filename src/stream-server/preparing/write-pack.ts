import { mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MeshoptEncoder, MeshoptSimplifier } from 'meshoptimizer'
import { chunksName, manifestName, packFormat } from '../models/pack-format.ts'
import type { Manifest } from '../models/pack-format.ts'
import type { PartInfo } from '../protocol.ts'
import type { Assembly } from './assembly.ts'
import { levelsOf } from './levels.ts'
import { boundsOf } from './mesh.ts'
import type { Bounds } from './mesh.ts'
import { gridOf, partGlb } from './part-glb.ts'

const six = (value: number) => Number(value.toPrecision(6))

/** Writes the pack of an assembly into `folder`, which is made. `progress` hears the share done, 0 to 1, before every part. */
export async function writePack (assembly: Assembly, folder: string, progress: (share: number, part: string) => void): Promise<void> {
  await Promise.all([MeshoptEncoder.ready, MeshoptSimplifier.ready])
  await mkdir(folder, { recursive: true })
  const chunks = await open(join(folder, chunksName), 'w')
  const parts: PartInfo[] = []
  const work = assembly.parts.reduce((sum, { mesh }) => sum + mesh.indices.length, 0)
  let done = 0
  try {
    for (const [index, { name, mesh, color, metallic, roughness }] of assembly.parts.entries()) {
      progress(done / work, name)
      const bounds = boundsOf(usedPositions(mesh))
      const info: PartInfo = { name, ...bounds, color: color.map(six) as PartInfo['color'], metallic: six(metallic), roughness: six(roughness), levels: [] }
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
      ...worldBounds(assembly, parts),
      nodes: assembly.nodes,
      parts,
      instances: assembly.instances,
      triangles: assembly.instances.reduce((sum, { part }) => sum + (parts[part]?.levels.at(-1)?.triangles ?? 0), 0)
    }
  }
  await writeFile(join(folder, manifestName), JSON.stringify(manifest))
}

/** Vertices that no triangle uses must not widen the bounds. */
function usedPositions ({ indices, positions }: { indices: Uint32Array, positions: Float32Array }): Float32Array {
  const used = new Float32Array(indices.length * 3)
  for (let i = 0; i < indices.length; i++) for (let k = 0; k < 3; k++) used[i * 3 + k] = positions[(indices[i] ?? 0) * 3 + k] ?? 0
  return used
}

function worldBounds ({ instances }: Assembly, parts: PartInfo[]): Bounds {
  const corners: number[] = []
  for (const { part, matrix: m } of instances) {
    const { min, max } = parts[part] as PartInfo
    for (let corner = 0; corner < 8; corner++) {
      const x = corner & 1 ? max[0] : min[0]
      const y = corner & 2 ? max[1] : min[1]
      const z = corner & 4 ? max[2] : min[2]
      for (let row = 0; row < 3; row++) corners.push((m[row] ?? 0) * x + (m[row + 4] ?? 0) * y + (m[row + 8] ?? 0) * z + (m[row + 12] ?? 0))
    }
  }
  const { min, max } = boundsOf(Float32Array.from(corners))
  return { min: min.map(six) as Bounds['min'], max: max.map(six) as Bounds['max'] }
}
