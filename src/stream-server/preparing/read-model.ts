import type { Assembly } from './assembly.ts'
import { readGltf } from './read-gltf.ts'
import type { Source } from './source.ts'
import { takeApart } from './take-apart.ts'
import { UnreadableModel } from './unreadable.ts'

/** Reads a model file of any format that is known. Throws `UnreadableModel` in one sentence when it cannot be shown. */
export async function readModel (source: Source): Promise<Assembly> {
  const start = source.bytes.toString('latin1', 0, 1024).replace(/^\xEF\xBB\xBF/, '')
  if (start.startsWith('glTF') || /^\s*\{/.test(start)) return takeApart(await readGltf(source))
  throw new UnreadableModel(source.extension === '.glb' ? 'The model file is not a GLB file.' : 'The model file is of no known format.')
}
