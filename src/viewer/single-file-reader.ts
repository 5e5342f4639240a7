import { Mesh, type Object3D } from 'three'
import { MeshoptDecoder } from 'three/addons/libs/meshopt_decoder.module.js'
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js'
import { partsInPieces } from '../stream-server/pieces.ts'
import type { SceneMessage } from '../stream-server/protocol.ts'
import { flatten, type DecodedPart } from './glb-decoder.ts'
import { readGlb, writeGlb } from './glb-file.ts'
import { readServerMessage, StreamError } from './server-message.ts'
import { list, record, SoundGeometry, triple } from './sound-geometry.ts'

const broken = (cause?: unknown): StreamError => new StreamError('The single file cannot be read.', { cause })

/** The scene of a single file, and its parts one after the other. Throws `StreamError` when it is not one that the service made. */
export async function readSingleFile (bytes: ArrayBuffer): Promise<{ scene: SceneMessage, parts: AsyncGenerator<DecodedPart> }> {
  const file = readGlb(bytes)
  if (file === undefined) throw broken()
  const { document } = file
  const scene = sceneOf(document)
  try {
    const pieces = partsInPieces(scene.parts)
    const meshes = list(document['meshes'], 'meshes').map(mesh => record(mesh, 'mesh'))
    const sound = new SoundGeometry(file)
    // Only the parts are taken: where copies stand is in the scene, and drawing them is the part store's. Materials are the finishes', and their images are read as they are.
    const taken = pieces.map(({ levels: [level] }, part) => ({ primitives: [sound.primitive(meshes[part], level ?? { vertices: 0, triangles: 0 })] }))
    const grids = pieces.map((_, part) => {
      const { translation, scale } = record(meshes[part]?.['extras'], 'place of a mesh')
      return { translation: triple(translation) ?? [0, 0, 0], scale: triple(scale) ?? [1, 1, 1] }
    })
    const { parser } = await new GLTFLoader().setMeshoptDecoder(MeshoptDecoder).parseAsync(writeGlb(sound.document({ meshes: taken }), file.binary), '')
    const laid = new Set<number>()
    async function * parts (): AsyncGenerator<DecodedPart> {
      for (const [part, { texture }] of pieces.entries()) {
        const object = await parser.getDependency('mesh', part).catch((error: unknown) => { throw broken(error) }) as Object3D
        if (!(object instanceof Mesh)) throw broken()
        object.position.fromArray(grids[part]?.translation ?? [])
        object.scale.fromArray(grids[part]?.scale ?? [])
        const image = texture === undefined || laid.has(texture) ? undefined : { texture, bytes: sound.image(list(document['images'], 'images')[texture]) }
        if (texture !== undefined) laid.add(texture)
        yield { part, level: 0, geometry: flatten(object), ...image === undefined ? {} : { image } }
      }
    }
    return { scene, parts: parts() }
  } catch (error) {
    throw broken(error)
  }
}

function sceneOf ({ asset }: Record<string, unknown>): SceneMessage {
  const scene = readServerMessage(JSON.stringify((asset as { extras?: { scene?: unknown } } | undefined)?.extras?.scene ?? null))
  if (scene.type !== 'scene') throw broken()
  return scene
}
