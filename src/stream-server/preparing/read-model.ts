import type { Assembly } from './assembly.ts'
import { read3mf } from './read-3mf.ts'
import { readCad } from './read-cad.ts'
import { readGltf } from './read-gltf.ts'
import { readObj } from './read-obj.ts'
import { readPly } from './read-ply.ts'
import { readStl } from './read-stl.ts'
import type { Source } from './source.ts'
import { takeApart } from './take-apart.ts'
import { UnreadableModel } from './unreadable.ts'

/** Reads a model file of any format that is known, by what stands in it; the name counts where that says nothing. Throws `UnreadableModel` in one sentence when it cannot be shown. */
export async function readModel (source: Source): Promise<Assembly> {
  const { bytes, extension } = source
  switch (formatOf(bytes, extension)) {
    case 'gltf': {
      const { document, textures } = await readGltf(source)
      return takeApart(document, textures)
    }
    case 'STEP': return await readCad(bytes, 'STEP')
    case 'IGES': return await readCad(bytes, 'IGES')
    case 'BREP': return await readCad(bytes, 'BREP')
    case '3mf': return read3mf(bytes)
    case 'ply': return readPly(bytes)
    case 'obj': return await readObj(source)
    case 'stl': return readStl(bytes)
    case null: throw new UnreadableModel(extension in kinds ? `The model file is not a ${kinds[extension] ?? ''} file.` : 'The model file is of no known format.')
  }
}

type Format = 'gltf' | 'STEP' | 'IGES' | 'BREP' | '3mf' | 'ply' | 'obj' | 'stl'

const kinds: Record<string, string> = { '.glb': 'GLB', '.gltf': 'glTF', '.step': 'STEP', '.stp': 'STEP', '.iges': 'IGES', '.igs': 'IGES', '.brep': 'BREP', '.3mf': '3MF', '.ply': 'PLY' }

function formatOf (bytes: Buffer, extension: string): Format | null {
  const start = bytes.toString('latin1', 0, 4096).replace(/^\xEF\xBB\xBF/, '')
  if (start.startsWith('glTF') || /^\s*\{/.test(start)) return 'gltf'
  if (start.startsWith('PK\x03\x04')) return '3mf'
  if (/^ply\r?\n/.test(start)) return 'ply'
  if (/^\s*ISO-10303-21\s*;/.test(start)) return 'STEP'
  if (/^.{72}S {0,6}0*1\s*$/m.test(start)) return 'IGES'
  if (/^\s*(DBRep_DrawableShape|CASCADE Topology|Open CASCADE Topology)/m.test(start)) return 'BREP'
  if (/^\s*solid\b/.test(start) || extension === '.stl') return 'stl'
  if (extension === '.obj') return 'obj'
  return null
}
