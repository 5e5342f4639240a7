import type { GLTF } from '@gltf-transform/core'
import { hashOf } from '../models/fingerprint.ts'
import { pictureOf, PictureProblem, type Picture } from './picture.ts'
import type { Source } from './source.ts'
import { UnreadableModel } from './unreadable.ts'

/** How a material of a glTF is textured. */
export interface Texturing {
  texture: number
  /** Which set of texture coordinates. */
  texCoord: number
  /** 2×3, as `KHR_texture_transform` says: u' = a u + b v + c, v' = d u + e v + f. */
  transform: [number, number, number, number, number, number]
}

export interface GltfTextures {
  textures: Picture[]
  /** By the material's number. */
  ofMaterial: Map<number, Texturing>
  warnings: string[]
}

/** Of all images of a model, as they are kept. */
const mostBytes = 2 ** 28
const mostTextures = 1_000

/** The base colour textures of a document, each image once. One that cannot be had leaves its parts in their base colour, and a warning. */
export async function gltfTextures (json: GLTF.IGLTF, buffers: (Buffer | null)[], source: Source): Promise<GltfTextures> {
  const found: GltfTextures = { textures: [], ofMaterial: new Map(), warnings: [] }
  const byImage = new Map<number, number | null>()
  const byContent = new Map<string, number>()
  let bytes = 0
  const keep = async (image: number): Promise<number | null> => {
    try {
      if (found.textures.length >= mostTextures) throw new PictureProblem(`the model has more than ${mostTextures} textures`)
      const data = await imageBytes(json, image, buffers, source)
      const content = hashOf(data)
      const known = byContent.get(content)
      if (known !== undefined) return known
      const picture = pictureOf(data)
      bytes += picture.bytes.length
      if (bytes > mostBytes) throw new PictureProblem(`the textures of the model have more than ${mostBytes / 2 ** 20} MiB`)
      byContent.set(content, found.textures.length)
      return found.textures.push(picture) - 1
    } catch (error) {
      if (!(error instanceof PictureProblem)) throw error
      found.warnings.push(`The texture ${nameOf(json.images?.[image], image)} is left out: ${error.message}.`)
      return null
    }
  }
  for (const [number, material] of (json.materials ?? []).entries()) {
    const glossy = material.extensions?.['KHR_materials_pbrSpecularGlossiness'] as { diffuseTexture?: GLTF.ITextureInfo } | undefined
    const info = material.pbrMetallicRoughness?.baseColorTexture ?? glossy?.diffuseTexture
    if (typeof info !== 'object' || info === null) continue
    const image = json.textures?.[info.index]?.source
    if (image === undefined || json.images?.[image] === undefined) {
      found.warnings.push(`The texture of the material ${nameOf(material, number)} is left out: it is of a kind that is not kept.`)
      continue
    }
    if (!byImage.has(image)) byImage.set(image, await keep(image))
    const texture = byImage.get(image) ?? null
    if (texture !== null) found.ofMaterial.set(number, { texture, ...placing(info) })
  }
  return found
}

const nameOf = ({ name, uri }: { name?: string, uri?: string } = {}, number: number) => {
  const said = typeof name === 'string' && name !== '' ? name : typeof uri === 'string' && !uri.startsWith('data:') ? uri : String(number)
  return `"${said.slice(0, 80)}"`
}

async function imageBytes (json: GLTF.IGLTF, image: number, buffers: (Buffer | null)[], source: Source): Promise<Uint8Array> {
  const { uri, bufferView } = json.images?.[image] ?? {}
  if (typeof uri === 'string' && uri.startsWith('data:')) return Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64')
  if (typeof uri === 'string') {
    try {
      return await source.neighbour(decodeURIComponent(uri))
    } catch (error) {
      const said = error instanceof UnreadableModel ? error.message.replace(/^The model file cannot be read: |\.$/g, '') : 'its name cannot be read'
      throw new PictureProblem(said, { cause: error })
    }
  }
  const view = bufferView === undefined ? undefined : json.bufferViews?.[bufferView]
  const bytes = view && buffers[view.buffer]?.subarray(view.byteOffset ?? 0, (view.byteOffset ?? 0) + view.byteLength)
  if (!bytes || bytes.length === 0) throw new PictureProblem('it has no bytes')
  return bytes
}

function placing ({ texCoord, extensions }: GLTF.ITextureInfo): Pick<Texturing, 'texCoord' | 'transform'> {
  const { offset, rotation, scale, texCoord: other } = (extensions?.['KHR_texture_transform'] ?? {}) as { offset?: unknown, rotation?: unknown, scale?: unknown, texCoord?: unknown }
  const pair = (value: unknown, otherwise: number): [number, number] => {
    const [x, y] = Array.isArray(value) ? value as unknown[] : []
    return [Number.isFinite(x) ? x as number : otherwise, Number.isFinite(y) ? y as number : otherwise]
  }
  const [u, v] = pair(offset, 0)
  const [width, height] = pair(scale, 1)
  const angle = Number.isFinite(rotation) ? rotation as number : 0
  const [c, s] = [Math.cos(angle), Math.sin(angle)]
  const set = [other, texCoord].find(value => Number.isInteger(value)) as number | undefined
  return { texCoord: set ?? 0, transform: [c * width, s * height, u, -s * width, c * height, v] }
}
