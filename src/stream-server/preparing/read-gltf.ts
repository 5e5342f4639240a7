import { Logger, WebIO } from '@gltf-transform/core'
import type { Document, GLTF } from '@gltf-transform/core'
import { EXTMeshGPUInstancing, EXTMeshoptCompression, KHRDracoMeshCompression, KHRMeshQuantization } from '@gltf-transform/extensions'
import { MeshoptDecoder } from 'meshoptimizer'
import { checkGltf } from './gltf-limits.ts'
import { gltfTextures, type GltfTextures } from './gltf-textures.ts'
import type { Source } from './source.ts'
import { UnreadableModel } from './unreadable.ts'

const draco = 'KHR_draco_mesh_compression'
/** What a document may require and still be shown, if not as it was meant: looks, lights and movement. */
const dispensable = /^(KHR_texture_|EXT_texture_|MSFT_texture_|KHR_materials_|KHR_lights_|EXT_lights_|KHR_animation_|KHR_xmp|EXT_feature_metadata|EXT_mesh_features|EXT_structural_metadata)/
const understood = ['EXT_meshopt_compression', 'KHR_mesh_quantization', draco, 'EXT_mesh_gpu_instancing']

/** Reads glTF 2.0, binary or text, with the buffers and images beside it. Throws `UnreadableModel` when it is broken, too large, or asks for what is not supported. */
export async function readGltf (source: Source): Promise<{ document: Document, textures: GltfTextures }> {
  await MeshoptDecoder.ready
  try {
    const { json, binary } = source.bytes.toString('latin1', 0, 4) === 'glTF' ? split(source.bytes) : { json: parse(source.bytes), binary: null }
    const buffers = await buffersOf(json, binary, source)
    checkGltf(json, buffer => buffers[buffer]?.length ?? null)
    const textures = await gltfTextures(json, buffers, source)
    reduce(json)
    const resources: Record<string, Uint8Array<ArrayBuffer>> = {}
    for (const [index, definition] of (json.buffers ?? []).entries()) {
      const bytes = buffers[index]
      delete definition.uri
      if (!bytes) continue
      definition.uri = `${index}.bin`
      resources[definition.uri] = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length)
    }
    const io = new WebIO().setLogger(new Logger(Logger.Verbosity.SILENT))
      .registerExtensions([EXTMeshoptCompression, KHRMeshQuantization, EXTMeshGPUInstancing, KHRDracoMeshCompression])
      .registerDependencies({ 'meshopt.decoder': MeshoptDecoder })
    if (json.extensionsUsed?.includes(draco)) io.registerDependencies({ 'draco3d.decoder': await dracoDecoder() })
    return { document: await io.readJSON({ json, resources }), textures }
  } catch (error) {
    if (error instanceof UnreadableModel) throw error
    const reason = error instanceof TypeError || error instanceof RangeError ? 'it is not put together as glTF is' : (error as Error).message.slice(0, 300).replace(/\.$/, '')
    throw new UnreadableModel(`The model file cannot be read as glTF: ${reason}.`, { cause: error })
  }
}

async function dracoDecoder (): Promise<unknown> {
  const { default: library } = await import('draco3dgltf')
  return await library.createDecoderModule()
}

function parse (bytes: Uint8Array): GLTF.IGLTF {
  return JSON.parse(new TextDecoder().decode(bytes)) as GLTF.IGLTF
}

/** The two chunks of a GLB. It says its own length: one cut off on the way here is told from a broken one. */
function split (bytes: Buffer): { json: GLTF.IGLTF, binary: Buffer | null } {
  const stated = bytes.length >= 12 ? bytes.readUInt32LE(8) : 12
  if (stated > bytes.length) throw new UnreadableModel(`The model file is truncated: it has ${bytes.length} of ${stated} bytes.`)
  if (bytes.length < 20) throw new UnreadableModel(`The model file is truncated: it has ${bytes.length} bytes.`)
  if (bytes.readUInt32LE(4) !== 2) throw new UnreadableModel(`The model file is glTF version ${bytes.readUInt32LE(4)}, only version 2 is supported.`)
  const end = 20 + bytes.readUInt32LE(12)
  if (bytes.toString('latin1', 16, 20) !== 'JSON' || end > bytes.length) throw new UnreadableModel('The model file cannot be read as glTF: its parts do not fit together.')
  const json = parse(bytes.subarray(20, end))
  const binary = end + 8 <= bytes.length && bytes.toString('latin1', end + 4, end + 8) === 'BIN\0'
  return { json, binary: binary ? bytes.subarray(end + 8, end + 8 + bytes.readUInt32LE(end)) : null }
}

/** The bytes of each buffer; `null` for one that has none, as compression leaves behind. */
async function buffersOf (json: GLTF.IGLTF | null, binary: Buffer | null, source: Source): Promise<(Buffer | null)[]> {
  const found: (Buffer | null)[] = []
  for (const { uri } of Array.isArray(json?.buffers) ? json.buffers.slice(0, 100_000) : []) {
    if (typeof uri !== 'string') found.push(found.length === 0 ? binary : null)
    else if (uri.startsWith('data:')) found.push(Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64'))
    else found.push(await source.neighbour(decoded(uri)))
  }
  return found
}

function decoded (uri: string): string {
  try {
    return decodeURIComponent(uri)
  } catch {
    return uri
  }
}

/** Leaves of a document what is shown beside its textures: geometry, places, colours. What only lights and movement need is not even looked at. */
function reduce (json: GLTF.IGLTF): void {
  const missing = json.extensionsRequired?.find(name => !understood.includes(name) && !dispensable.test(name))
  if (missing !== undefined) throw new UnreadableModel(`The model file cannot be read as glTF: it requires the extension ${missing.slice(0, 100)}, which is not supported.`)
  const known = (names: string[] = []) => names.filter(name => understood.includes(name))
  json.extensionsUsed = known([...new Set([...json.extensionsUsed ?? [], ...json.extensionsRequired ?? []])])
  json.extensionsRequired = known(json.extensionsRequired)
  for (const list of ['animations', 'cameras', 'images', 'samplers', 'skins', 'textures', 'extensions', 'extras'] as const) delete json[list]
  for (const node of json.nodes ?? []) for (const part of ['camera', 'skin', 'weights', 'extras'] as const) delete node[part]
  untangle(json)
  for (const { primitives } of json.meshes ?? []) for (const primitive of primitives) delete primitive.targets
  json.materials?.forEach(withoutTextures)
}

/** Leaves the scene that is shown. Every node has one place: the first that is named, the scene before all. So there are no circles either. */
function untangle (json: GLTF.IGLTF): void {
  const { scene = 0, scenes = [], nodes = [] } = json
  const shown = scenes[scene] ?? scenes[0]
  const placed = new Set<number>(shown?.nodes)
  if (shown !== undefined) {
    shown.nodes = [...placed]
    Object.assign(json, { scene: 0, scenes: [shown] })
  }
  for (const node of nodes) {
    if (node.children === undefined) continue
    node.children = [...node.children].filter(child => {
      const free = nodes[child] !== undefined && !placed.has(child)
      if (free) placed.add(child)
      return free
    })
  }
}

function withoutTextures (material: GLTF.IMaterial): void {
  const glossy = material.extensions?.['KHR_materials_pbrSpecularGlossiness'] as { diffuseFactor?: number[] } | undefined
  if (glossy && !material.pbrMetallicRoughness) material.pbrMetallicRoughness = { baseColorFactor: glossy.diffuseFactor ?? [1, 1, 1, 1], metallicFactor: 0, roughnessFactor: 0.6 }
  for (const part of ['normalTexture', 'occlusionTexture', 'emissiveTexture', 'extensions', 'extras'] as const) delete material[part]
  delete material.pbrMetallicRoughness?.baseColorTexture
  delete material.pbrMetallicRoughness?.metallicRoughnessTexture
}
