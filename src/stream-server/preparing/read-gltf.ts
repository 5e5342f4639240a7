import { readFile } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { Logger, WebIO } from '@gltf-transform/core'
import type { Document, GLTF } from '@gltf-transform/core'
import { ALL_EXTENSIONS } from '@gltf-transform/extensions'
import { MeshoptDecoder } from 'meshoptimizer'
import { neighbourFiles } from '../models/neighbour-files.ts'
import { UnreadableModel } from './unreadable.ts'

/** Reads a `.glb` or `.gltf` file with the files beside it. Throws `UnreadableModel` when it is broken or asks for what is not supported. */
export async function readGltf (path: string): Promise<Document> {
  await MeshoptDecoder.ready
  const io = new WebIO().setLogger(new Logger(Logger.Verbosity.SILENT))
    .registerExtensions(ALL_EXTENSIONS).registerDependencies({ 'meshopt.decoder': MeshoptDecoder })
  const bytes = await readFile(path)
  if (bytes.length === 0) throw new UnreadableModel('The model file is empty.')
  const binary = extname(path).toLowerCase() === '.glb'
  if (binary) checkContainer(bytes)
  try {
    if (binary) return await io.readBinary(bytes)
    const json = JSON.parse(bytes.toString('utf8')) as GLTF.IGLTF
    const resources: Record<string, Uint8Array<ArrayBuffer>> = {}
    for (const { uri, file } of await neighbourFiles(dirname(path), json)) resources[uri] = new Uint8Array(await readFile(file))
    json.images = []
    json.textures = []
    json.materials?.forEach(dropTextures)
    return await io.readJSON({ json, resources })
  } catch (error) {
    throw new UnreadableModel(`The model file cannot be read as glTF: ${(error as Error).message.replace(/\.$/, '')}.`, { cause: error })
  }
}

/** A GLB says its own length: one cut off on the way here is told from a broken one. */
function checkContainer (bytes: Buffer): void {
  if (bytes.length < 20 || bytes.toString('latin1', 0, 4) !== 'glTF') throw new UnreadableModel('The model file is not a GLB file.')
  if (bytes.readUInt32LE(4) !== 2) throw new UnreadableModel(`The model file is glTF version ${bytes.readUInt32LE(4)}, only version 2 is supported.`)
  const stated = bytes.readUInt32LE(8)
  if (stated > bytes.length) throw new UnreadableModel(`The model file is truncated: it has ${bytes.length} of ${stated} bytes.`)
}

/** Textures are not streamed, so their files are not needed either. */
function dropTextures (material: GLTF.IMaterial): void {
  delete material.normalTexture
  delete material.occlusionTexture
  delete material.emissiveTexture
  delete material.pbrMetallicRoughness?.baseColorTexture
  delete material.pbrMetallicRoughness?.metallicRoughnessTexture
  delete material.extensions
}
