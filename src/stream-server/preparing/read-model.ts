import type { Assembly } from './assembly.ts'
import { read3mf } from './read-3mf.ts'
import { isCad, readCad } from './read-cad.ts'
import type { CadFormat } from './read-cad.ts'
import { readGltf } from './read-gltf.ts'
import { readObj } from './read-obj.ts'
import { readPly } from './read-ply.ts'
import { readStl } from './read-stl.ts'
import type { Source } from './source.ts'
import { takeApart } from './take-apart.ts'
import { UnreadableModel } from './unreadable.ts'

/** How far reading is: the share of the whole preparation that is done, 0 to 1, and what comes next, in words. */
export type ReadingProgress = (share: number, step: string) => void

/** Reads a model file of any format that is known, by what stands in it; the name counts where that says nothing. Throws `UnreadableModel` in one sentence when it cannot be shown. */
export async function readModel (source: Source, progress: ReadingProgress = () => {}): Promise<Assembly> {
  const { bytes, extension } = source
  const format = formatOf(bytes, extension)
  if (format !== null && !isCad(format)) progress(0.02, `Reading the ${format === 'gltf' ? 'glTF' : format.toUpperCase()} file`)
  switch (format) {
    case 'gltf': {
      const { document, textures } = await readGltf(source)
      progress(0.06, 'Taking the model apart')
      return takeApart(document, textures)
    }
    case 'STEP': case 'IGES': case 'BREP': return await readCad(bytes, format, progress)
    case '3mf': return read3mf(bytes)
    case 'ply': return readPly(bytes)
    case 'obj': return await readObj(source)
    case 'stl': return readStl(bytes)
    case null: throw new UnreadableModel(extension in kinds ? `The model file is not a ${kinds[extension] ?? ''} file.` : 'The model file is of no known format.')
  }
}

type Format = 'gltf' | CadFormat | '3mf' | 'ply' | 'obj' | 'stl'

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
