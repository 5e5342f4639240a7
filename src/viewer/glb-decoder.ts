import { BufferAttribute, BufferGeometry, Matrix3, Mesh, Vector3 } from 'three'
import type { Object3D } from 'three'
import { MeshoptDecoder } from 'three/addons/libs/meshopt_decoder.module.js'
import { GLTFLoader, type GLTFParser } from 'three/addons/loaders/GLTFLoader.js'
import { StreamError } from './server-message.ts'
import type { ReceivedImage } from './textures.ts'

/** A part at one level of detail, in the part's own coordinates: indexed triangles with positions and normals, bounds computed. */
export interface DecodedPart {
  part: number
  level: number
  geometry: BufferGeometry
  /** The image of its texture, where this file brings it. */
  image?: ReceivedImage
}

const glbMagic = 0x46546C67

/** Decodes the GLB files of the stream, meshopt-compressed and quantized as they come. */
export class GlbDecoder {
  readonly #loader = new GLTFLoader().setMeshoptDecoder(MeshoptDecoder)

  /** Throws `StreamError` when the file is not one complete GLB that says which part and level it is. */
  async decode (bytes: ArrayBuffer): Promise<DecodedPart> {
    const header = new DataView(bytes)
    if (bytes.byteLength < 20 || header.getUint32(0, true) !== glbMagic || header.getUint32(8, true) !== bytes.byteLength) {
      throw new StreamError('The stream server sent geometry that is no GLB file.')
    }
    const { asset, scene, parser } = await this.#loader.parseAsync(bytes, '').catch((error: unknown) => {
      throw new StreamError('The stream server sent geometry that cannot be read.', { cause: error })
    })
    const { part, level, texture } = asset.extras as { part?: unknown, level?: unknown, texture?: unknown } ?? {}
    if (typeof part !== 'number' || typeof level !== 'number') throw new StreamError('The stream server sent geometry of no part.')
    const image = typeof texture === 'number' ? await imageIn(parser, 0, texture) : undefined
    return { part, level, geometry: flatten(scene), ...image === undefined ? {} : { image } }
  }
}

/** An image in a file, as the bytes that it is. */
export async function imageIn (parser: GLTFParser, image: number, texture: number): Promise<ReceivedImage> {
  const { bufferView, mimeType } = ((parser.json as { images?: Array<{ bufferView?: number, mimeType?: string }> }).images ?? [])[image] ?? {}
  if (bufferView === undefined || mimeType === undefined) throw new StreamError('The stream server sent a texture without an image.')
  return { texture, bytes: await parser.getDependency('bufferView', bufferView) as ArrayBuffer, mimeType }
}

/** All meshes of a file as one: quantized attributes become plain floats, node transforms are applied. Places on textures and colours are kept where all have them. */
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
    for (let i = 0; i < (index?.count ?? position.count); i++) indices[corner++] = vertex + (index?.getX(i) ?? i)
    const uv = geometry.getAttribute('uv')
    const color = geometry.getAttribute('color')
    for (let i = 0; i < position.count; i++, vertex++) {
      uvs?.set([uv.getX(i), uv.getY(i)], vertex * 2)
      colors?.set([color.getX(i), color.getY(i), color.getZ(i), color.itemSize > 3 ? color.getW(i) : 1].map(value => Math.round(value * 255)), vertex * 4)
      vector.fromBufferAttribute(position, i).applyMatrix4(matrixWorld).toArray(positions, vertex * 3)
      vector.fromBufferAttribute(normal, i).applyMatrix3(normalMatrix).normalize().toArray(normals, vertex * 3)
    }
  }
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
