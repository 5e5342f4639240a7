import { randomUUID } from 'node:crypto'
import { open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MeshoptEncoder } from 'meshoptimizer'
import type { Pack } from '../models/pack.ts'
import { singleFileName } from '../models/single-file-name.ts'
import { inPieces, partsInPieces } from '../pieces.ts'
import type { LevelInfo, PartInfo, SceneMessage } from '../protocol.ts'
import { glbHead, glbParts, type PartJson } from './glb-parts.ts'
import { placesOf } from './places.ts'

/** A GLB counts its bytes in 32 bits, and no browser takes more than this in one piece. */
const mostBytes = 2 ** 31 - 2 ** 16

/** The model is too large for one file. The message is a sentence for its owner. */
export class TooLarge extends Error {}

/**
 * The whole model as one GLB in the pack's own folder, so that it goes when the pack goes: every part once, or each of its pieces, at its finest level, packed as it is streamed; copies as GPU
 * instances. `asset.extras.scene` is the scene as the stream has it. Made unless it is there; written under another name first. Answers its bytes. Throws `TooLarge`.
 */
export async function singleFile (pack: Pack): Promise<number> {
  const path = join(pack.folder, singleFileName)
  const there = await stat(path).catch(() => null)
  if (there !== null) return there.size
  await MeshoptEncoder.ready
  const draft = `${path}.${randomUUID()}`
  const file = await open(draft, 'wx', 0o600)
  try {
    const document = new SingleDocument(pack.scene)
    const parts = partsInPieces(pack.scene.parts)
    const finest = (part: number) => pack.read(part, (parts[part]?.levels.length ?? 1) - 1)
    for (const part of parts.keys()) document.add(part, glbParts(await finest(part)))
    const images = await Promise.all((pack.scene.textures ?? []).map((_, texture) => pack.readTexture(texture)))
    for (const image of images) document.addImage(image)
    const { json, binaryLength, places } = document.finish()
    const head = glbHead(json, binaryLength)
    if (head.length + binaryLength > mostBytes) throw new TooLarge('The model is too large for a single file: open it with another renderer.')
    await file.writeFile(head)
    for (const part of parts.keys()) await file.writeFile(padded(glbParts(await finest(part)).binary))
    for (const bytes of [...images, ...places]) await file.writeFile(padded(bytes))
    await file.close()
    await rename(draft, path)
    return head.length + binaryLength
  } finally {
    await file.close().catch(() => {})
    await rm(draft, { force: true })
  }
}

const roundUp = (length: number) => Math.ceil(length / 4) * 4
const padded = (bytes: Uint8Array) => Buffer.concat([bytes], roundUp(bytes.length))

/** The document that grows part by part: buffer 0 is what is in the file, buffer 1 what it unpacks to. */
class SingleDocument {
  readonly #scene: SceneMessage
  readonly #pieces: Pick<SceneMessage, 'parts' | 'instances'>
  readonly #accessors: object[] = []
  readonly #views: object[] = []
  readonly #meshes: object[] = []
  readonly #materials: object[] = []
  readonly #images: object[] = []
  readonly #materialOf = new Map<string, number>()
  readonly #grids: Array<{ translation: number[], scale: number[] }> = []
  readonly #places: Uint8Array[] = []
  #packed = 0
  #plain = 0

  constructor (scene: SceneMessage) {
    this.#scene = scene
    this.#pieces = inPieces(scene)
  }

  add (part: number, { json, binary }: { json: PartJson, binary: Buffer }): void {
    const info = this.#pieces.parts[part]
    const grid = json.nodes[0]
    const primitive = json.meshes[0]?.primitives[0]
    if (info === undefined || grid === undefined || primitive === undefined) throw new Error(`part ${part} is not as it was written`)
    const firstView = this.#views.length
    const firstAccessor = this.#accessors.length
    for (const view of json.bufferViews) {
      const { EXT_meshopt_compression: packed } = view.extensions
      this.#views.push({ ...view, byteOffset: view.byteOffset + this.#plain, extensions: { EXT_meshopt_compression: { ...packed, byteOffset: packed.byteOffset + this.#packed } } })
    }
    for (const accessor of json.accessors) this.#accessors.push({ ...accessor, bufferView: accessor.bufferView + firstView })
    const attributes = Object.fromEntries(Object.entries(primitive.attributes).map(([name, accessor]) => [name, accessor + firstAccessor]))
    this.#meshes.push({ name: info.name, primitives: [{ attributes, indices: primitive.indices + firstAccessor, material: this.#material(info) }], extras: grid })
    this.#grids.push(grid)
    this.#packed += roundUp(binary.length)
    this.#plain += json.buffers[1]?.byteLength ?? 0
  }

  /** The next image of the scene's textures; all parts come before. */
  addImage (image: Buffer): void {
    const mimeType = this.#scene.textures?.[this.#images.length]?.mimeType
    this.#images.push({ mimeType, bufferView: this.#views.push({ buffer: 0, byteOffset: this.#packed, byteLength: image.length }) - 1 })
    this.#packed += roundUp(image.length)
  }

  finish (): { json: object, binaryLength: number, places: Uint8Array[] } {
    const scene = this.#scene
    const { parts, instances } = this.#pieces
    const nodes: Array<Record<string, unknown> & { children?: number[] }> = scene.nodes.map(({ name }) => ({ name }))
    const roots: number[] = []
    const put = (parent: number, node: number) => { (nodes[parent] === undefined ? roots : nodes[parent].children ??= []).push(node) }
    for (const [node, { parent }] of scene.nodes.entries()) put(parent, node)
    const copies = parts.map((): number[] => [])
    for (const [instance, { part }] of instances.entries()) copies[part]?.push(instance)
    for (const [part, members] of copies.entries()) {
      const matrices = members.map(instance => onGrid(instances[instance]?.matrix ?? [], this.#grids[part]))
      const places = members.length > 1 ? placesOf(matrices) : null
      if (places !== null) put(-1, nodes.push({ name: parts[part]?.name, mesh: part, extensions: { EXT_mesh_gpu_instancing: { attributes: this.#instances(places, members.length) } } }) - 1)
      else members.forEach((instance, i) => { put(instances[instance]?.node ?? -1, nodes.push({ mesh: part, matrix: matrices[i] }) - 1) })
    }
    const required = ['EXT_meshopt_compression', 'KHR_mesh_quantization', ...this.#places.length > 0 ? ['EXT_mesh_gpu_instancing'] : []]
    const json = {
      asset: { version: '2.0', generator: 'Slipway', extras: { scene: { ...scene, parts: scene.parts.map(atFinest) } } },
      extensionsUsed: required,
      extensionsRequired: required,
      scene: 0,
      scenes: [{ nodes: roots }],
      nodes,
      meshes: this.#meshes,
      materials: this.#materials,
      ...this.#images.length > 0 ? { images: this.#images, textures: this.#images.map((_, source) => ({ source })) } : {},
      accessors: this.#accessors,
      bufferViews: this.#views,
      buffers: [{ byteLength: this.#packed }, { byteLength: this.#plain, extensions: { EXT_meshopt_compression: { fallback: true } } }]
    }
    return { json, binaryLength: this.#packed, places: this.#places }
  }

  #material ({ color, metallic, roughness, texture }: PartInfo): number {
    const key = [...color, metallic, roughness, texture].join()
    const known = this.#materialOf.get(key)
    if (known !== undefined) return known
    const made = this.#materials.push({
      doubleSided: true,
      pbrMetallicRoughness: { baseColorFactor: color, metallicFactor: metallic, roughnessFactor: roughness, ...texture === undefined ? {} : { baseColorTexture: { index: texture } } },
      ...color[3] < 1 ? { alphaMode: 'BLEND' } : {}
    }) - 1
    this.#materialOf.set(key, made)
    return made
  }

  #instances ({ translations, rotations, scales }: { translations: number[], rotations: number[], scales: number[] }, count: number): Record<string, number> {
    const attribute = (values: number[], size: 3 | 4): number => {
      const bytes = MeshoptEncoder.encodeGltfBuffer(new Uint8Array(new Float32Array(values).buffer), count, size * 4, 'ATTRIBUTES')
      const packed = { buffer: 0, byteOffset: this.#packed, byteLength: bytes.length, byteStride: size * 4, count, mode: 'ATTRIBUTES' }
      const view = this.#views.push({ buffer: 1, byteOffset: this.#plain, byteLength: values.length * 4, byteStride: size * 4, extensions: { EXT_meshopt_compression: packed } }) - 1
      this.#places.push(bytes)
      this.#packed += roundUp(bytes.length)
      this.#plain += values.length * 4
      return this.#accessors.push({ bufferView: view, componentType: 5126, count, type: size === 3 ? 'VEC3' : 'VEC4' }) - 1
    }
    return { TRANSLATION: attribute(translations, 3), ROTATION: attribute(rotations, 4), SCALE: attribute(scales, 3) }
  }
}

/** A part of which there is only the finest level. */
function atFinest (info: PartInfo): PartInfo {
  const last = <Levelled extends { levels: LevelInfo[] }>(each: Levelled): Levelled => ({ ...each, levels: each.levels.slice(-1) })
  return { ...last(info), ...info.pieces && { pieces: info.pieces.map(last) } }
}

/** A part's place with what brings its quantized coordinates back. */
function onGrid (m: number[], grid: { translation: number[], scale: number[] } | undefined): number[] {
  const { translation: [x = 0, y = 0, z = 0] = [], scale: [half = 1] = [] } = grid ?? {}
  const made = m.map((value, i) => i < 12 && i % 4 < 3 ? value * half : value)
  for (const row of [0, 1, 2]) made[12 + row] = (m[row] ?? 0) * x + (m[4 + row] ?? 0) * y + (m[8 + row] ?? 0) * z + (m[12 + row] ?? 0)
  return made
}
