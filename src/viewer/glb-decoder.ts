import { BufferAttribute, BufferGeometry, Matrix3, Mesh, Vector3 } from 'three'
import type { Object3D } from 'three'
import { MeshoptDecoder } from 'three/addons/libs/meshopt_decoder.module.js'
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js'
import { StreamError } from './server-message.ts'

/** A part at one level of detail, in the part's own coordinates: indexed triangles with positions and normals, bounds computed. */
export interface DecodedPart {
  part: number
  level: number
  geometry: BufferGeometry
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
    const { asset, scene } = await this.#loader.parseAsync(bytes, '').catch((error: unknown) => {
      throw new StreamError('The stream server sent geometry that cannot be read.', { cause: error })
    })
    const { part, level } = asset.extras as { part?: unknown, level?: unknown } ?? {}
    if (typeof part !== 'number' || typeof level !== 'number') throw new StreamError('The stream server sent geometry of no part.')
    return { part, level, geometry: flatten(scene) }
  }
}

/** All meshes of a file as one: quantized attributes become plain floats, node transforms are applied. */
export function flatten (root: Object3D): BufferGeometry {
  const meshes: Mesh[] = []
  root.updateMatrixWorld(true)
  root.traverse(object => { if (object instanceof Mesh) meshes.push(object) })
  const sum = (length: (mesh: Mesh) => number): number => meshes.reduce((total, mesh) => total + length(mesh), 0)
  const vertices = sum(mesh => mesh.geometry.getAttribute('position').count)
  const positions = new Float32Array(vertices * 3)
  const normals = new Float32Array(vertices * 3)
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
    for (let i = 0; i < position.count; i++, vertex++) {
      vector.fromBufferAttribute(position, i).applyMatrix4(matrixWorld).toArray(positions, vertex * 3)
      vector.fromBufferAttribute(normal, i).applyMatrix3(normalMatrix).normalize().toArray(normals, vertex * 3)
    }
  }
  const whole = new BufferGeometry()
  whole.setAttribute('position', new BufferAttribute(positions, 3))
  whole.setAttribute('normal', new BufferAttribute(normals, 3))
  whole.setIndex(new BufferAttribute(indices, 1))
  whole.computeBoundingBox()
  whole.computeBoundingSphere()
  return whole
}
