import { Mesh, type Object3D } from 'three'
import { MeshoptDecoder } from 'three/addons/libs/meshopt_decoder.module.js'
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js'
import { partsInPieces } from '../stream-server/pieces.ts'
import type { SceneMessage } from '../stream-server/protocol.ts'
import { flatten, imageIn, type DecodedPart } from './glb-decoder.ts'
import { readServerMessage, StreamError } from './server-message.ts'

const glbMagic = 0x46546C67
const broken = (cause?: unknown): StreamError => new StreamError('The single file cannot be read.', { cause })

/** The scene of a single file, and its parts one after the other. Throws `StreamError` when it is not one that the service made. */
export async function readSingleFile (bytes: ArrayBuffer): Promise<{ scene: SceneMessage, parts: AsyncGenerator<DecodedPart> }> {
  const header = new DataView(bytes)
  if (bytes.byteLength < 20 || header.getUint32(0, true) !== glbMagic || header.getUint32(8, true) !== bytes.byteLength) throw broken()
  const jsonLength = header.getUint32(12, true)
  const { scene, json } = readHead(new TextDecoder().decode(new Uint8Array(bytes, 20, jsonLength)))
  // Only the parts are taken: where copies stand is in the scene, and drawing them is the part store's.
  const gltf = await new GLTFLoader().setMeshoptDecoder(MeshoptDecoder).parseAsync(withHead(json, bytes, 20 + jsonLength), '').catch((error: unknown) => { throw broken(error) })
  const laid = new Set<number>()
  async function * parts (): AsyncGenerator<DecodedPart> {
    for (const [part, { texture }] of partsInPieces(scene.parts).entries()) {
      const object = await gltf.parser.getDependency('mesh', part).catch((error: unknown) => { throw broken(error) }) as Object3D
      const { translation, scale } = object.userData as { translation?: [number, number, number], scale?: [number, number, number] }
      if (!(object instanceof Mesh) || translation === undefined || scale === undefined) throw broken()
      object.position.fromArray(translation)
      object.scale.fromArray(scale)
      const image = texture === undefined || laid.has(texture) ? undefined : await imageIn(gltf.parser, texture, texture)
      if (texture !== undefined) laid.add(texture)
      yield { part, level: 0, geometry: flatten(object), ...image === undefined ? {} : { image } }
    }
  }
  return { scene, parts: parts() }
}

interface Head { asset?: { extras?: { scene?: unknown } }, meshes?: Array<{ primitives?: Array<{ material?: unknown }> }>, nodes?: unknown, scenes?: unknown, scene?: unknown, extensionsUsed?: string[], extensionsRequired?: string[] }

function readHead (text: string): { scene: SceneMessage, json: object } {
  let head: Head
  try {
    head = JSON.parse(text) as Head
  } catch (error) {
    throw broken(error)
  }
  const scene = readServerMessage(JSON.stringify(head.asset?.extras?.scene ?? null))
  if (scene.type !== 'scene') throw broken()
  const { nodes: _nodes, scenes: _scenes, scene: _scene, ...json } = head
  // Materials are the finishes', and their images are read as they are.
  for (const mesh of head.meshes ?? []) for (const primitive of mesh.primitives ?? []) delete primitive.material
  const without = (names: string[] = []): string[] => names.filter(name => name !== 'EXT_mesh_gpu_instancing')
  return { scene, json: { ...json, asset: { version: '2.0' }, extensionsUsed: without(head.extensionsUsed), extensionsRequired: without(head.extensionsRequired) } }
}

/** The same GLB with another document. */
function withHead (json: object, bytes: ArrayBuffer, from: number): ArrayBuffer {
  const text = new TextEncoder().encode(JSON.stringify(json))
  const length = Math.ceil(text.length / 4) * 4
  const made = new Uint8Array(20 + length + bytes.byteLength - from).fill(0x20)
  const view = new DataView(made.buffer)
  view.setUint32(0, glbMagic, true)
  view.setUint32(4, 2, true)
  view.setUint32(8, made.length, true)
  view.setUint32(12, length, true)
  view.setUint32(16, 0x4E4F534A, true)
  made.set(text, 20)
  made.set(new Uint8Array(bytes, from), 20 + length)
  return made.buffer
}
