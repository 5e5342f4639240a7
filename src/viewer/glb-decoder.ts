import { BufferAttribute, BufferGeometry, Matrix3, Mesh, Vector3 } from 'three'
import type { Object3D } from 'three'
import { MeshoptDecoder } from 'three/addons/libs/meshopt_decoder.module.js'
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js'
import type { PartInfo } from '../stream-server/protocol.ts'
import { readGlb, writeGlb } from './glb-file.ts'
import type { ReceivedImage } from './received-picture.ts'
import { StreamError } from './server-message.ts'
import { list, record, SoundGeometry, triple, unsound } from './sound-geometry.ts'

/** A part at one level of detail, in the part's own coordinates: indexed triangles with positions and normals, bounds computed. */
export interface DecodedPart {
  part: number
  level: number
  geometry: BufferGeometry
  /** The image of its texture, where this file brings it. */
  image?: ReceivedImage
}

/** Decodes the GLB files of the stream, meshopt-compressed and quantized as they come. */
export class GlbDecoder {
  readonly #parts: readonly PartInfo[]
  readonly #loader = new GLTFLoader().setMeshoptDecoder(MeshoptDecoder)

  /** `parts` are those of the scene, as the stream counts them. */
  constructor (parts: readonly PartInfo[]) {
    this.#parts = parts
  }

  /** Throws `StreamError` when the file is not one complete GLB of a part at a level that the scene has, no larger than the scene says. */
  async decode (bytes: ArrayBuffer): Promise<DecodedPart> {
    const file = readGlb(bytes)
    if (file === undefined) throw new StreamError('The stream server sent geometry that is no GLB file.')
    const { document } = file
    const { part, level, texture } = record(record(document['asset'], 'asset')['extras'] ?? {}, 'extras')
    if (typeof part !== 'number' || typeof level !== 'number') throw new StreamError('The stream server sent geometry of no part.')
    const claim = this.#parts[part]?.levels[level]
    if (claim === undefined) throw new StreamError('The stream server sent geometry of a part that the scene does not have.')
    const sound = new SoundGeometry(file)
    const nodes = list(document['nodes'], 'nodes')
    const { mesh, translation = [0, 0, 0], scale = [1, 1, 1] } = record(nodes[0], 'node')
    if (nodes.length !== 1 || mesh !== 0) throw unsound(new Error('not one node with one mesh'))
    const made = sound.document({ meshes: [{ primitives: [sound.primitive(list(document['meshes'], 'meshes')[0], claim)] }], scene: 0, scenes: [{ nodes: [0] }], nodes: [{ mesh, translation: triple(translation), scale: triple(scale) }] })
    const image = typeof texture !== 'number' ? undefined : { texture, bytes: sound.image(list(document['images'], 'images')[0]) }
    const { scene } = await this.#loader.parseAsync(writeGlb(made, file.binary), '').catch((error: unknown) => { throw unsound(error) })
    return { part, level, geometry: flatten(scene), ...image === undefined ? {} : { image } }
  }
}

/**
 * All meshes of a file as one: quantized attributes become plain floats, node transforms are applied. Places on textures and colours are kept where all have them.
 * Throws `StreamError` on a corner that does not exist and on a place that is nowhere.
 */
export function flatten (root: Object3D): BufferGeometry {
  const meshes: Mesh[] = []
  root.updateMatrixWorld(true)
  root.traverse(object => { if (object instanceof Mesh) meshes.push(object) })
  const sum = (length: (mesh: Mesh) => number): number => meshes.reduce((total, mesh) => total + length(mesh), 0)
  const vertices = sum(mesh => mesh.geometry.getAttribute('position').count)
  const positions = new Float32Array(vertices * 3)
  const normals = new Float32Array(vertices * 3)
  const has = (name: string): boolean => meshes.length > 0 && meshes.every(mesh => mesh.geometry.hasAttribute(name))
  const uvs = has('uv') ? new Float32Array(vertices * 2) : undefined
  const colors = has('color') ? new Uint8Array(vertices * 4) : undefined
  const indices = new Uint32Array(sum(mesh => mesh.geometry.index?.count ?? mesh.geometry.getAttribute('position').count))
  const vector = new Vector3()
  const normalMatrix = new Matrix3()
  let vertex = 0
  let corner = 0
  for (const { geometry, matrixWorld } of meshes) {
    if (!geometry.hasAttribute('normal')) geometry.computeVertexNormals()
    const position = geometry.getAttribute('position')
    const normal = geometry.getAttribute('normal')
    const index = geometry.index
    normalMatrix.getNormalMatrix(matrixWorld)
    for (let i = 0; i < (index?.count ?? position.count); i++) {
      const at = index?.getX(i) ?? i
      if (at >= position.count) throw unsound(new Error('a corner that does not exist'))
      indices[corner++] = vertex + at
    }
    const uv = geometry.getAttribute('uv')
    const color = geometry.getAttribute('color')
    for (let i = 0; i < position.count; i++, vertex++) {
      uvs?.set([uv.getX(i), uv.getY(i)], vertex * 2)
      colors?.set([color.getX(i), color.getY(i), color.getZ(i), color.itemSize > 3 ? color.getW(i) : 1].map(value => Math.round(value * 255)), vertex * 4)
      vector.fromBufferAttribute(position, i).applyMatrix4(matrixWorld).toArray(positions, vertex * 3)
      vector.fromBufferAttribute(normal, i).applyMatrix3(normalMatrix).normalize().toArray(normals, vertex * 3)
    }
  }
  if (!areFinite(positions) || (uvs !== undefined && !areFinite(uvs))) throw unsound(new Error('a place that is nowhere'))
  const whole = new BufferGeometry()
  whole.setAttribute('position', new BufferAttribute(positions, 3))
  whole.setAttribute('normal', new BufferAttribute(normals, 3))
  if (uvs !== undefined) whole.setAttribute('uv', new BufferAttribute(uvs, 2))
  if (colors !== undefined) whole.setAttribute('color', new BufferAttribute(colors, 4, true))
  whole.setIndex(new BufferAttribute(indices, 1))
  whole.computeBoundingBox()
  whole.computeBoundingSphere()
  return whole
}

/** A sum is no number as soon as one of them is none. */
function areFinite (values: Float32Array): boolean {
  let sum = 0
  for (const value of values) sum += value
  return Number.isFinite(sum)
}
