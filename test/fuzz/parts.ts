import jpeg from 'jpeg-js'
import { MeshoptEncoder } from 'meshoptimizer'
import { PNG } from 'pngjs'
import type { ImageHead } from '../../src/stream-server/image-head.ts'
import { gridOf, partGlb } from '../../src/stream-server/preparing/part-glb.ts'
import type { PartInfo } from '../../src/stream-server/protocol.ts'
import { withImage } from '../../src/stream-server/textures/with-image.ts'
import { GlbDecoder } from '../../src/viewer/glb-decoder.ts'
import { pictureAsTold } from '../../src/viewer/received-picture.ts'
import { StreamError } from '../../src/viewer/server-message.ts'
import { box } from '../stream-server/support/files.ts'
import type { Ending } from './model-input.ts'

/** Small pictures, one of each kind. */
export const pictures = {
  png: PNG.sync.write(new PNG({ width: 8, height: 8 })),
  jpeg: Buffer.from(jpeg.encode({ width: 16, height: 16, data: Buffer.alloc(1024, 99) }, 80).data)
}

/** Files of a stream as they should be, the first one plain, the second with all that vertices can have and an image; and what the scene says of them: part 0 and part 1. */
export async function partFiles (): Promise<{ parts: PartInfo[], files: Buffer[] }> {
  await MeshoptEncoder.ready
  const { points, triangles } = box([0, 0, 0], [1, 2, 3])
  const vertices = points.length
  const plain = { positions: Float32Array.from(points.flat()), normals: new Float32Array(vertices * 3).fill(Math.sqrt(1 / 3)), indices: Uint32Array.from(triangles.flat()) }
  const rich = { ...plain, uvs: new Float32Array(vertices * 2).fill(0.5), colors: new Uint8Array(vertices * 4).fill(200) }
  const grid = gridOf({ min: [0, 0, 0], max: [1, 2, 3] })
  const made = [plain, rich].map((mesh, part) => partGlb(part, 0, mesh, mesh.indices, grid))
  const files = made.map(({ glb }, part) => part === 0 ? glb : withImage(glb, 0, 'image/png', pictures.png))
  const parts = made.map(({ glb, vertices }, part): PartInfo => ({
    name: '',
    min: [0, 0, 0],
    max: [1, 2, 3],
    color: [1, 1, 1, 1],
    metallic: 0,
    roughness: 1,
    ...part === 1 ? { texture: 0, vertexColors: true } : {},
    levels: [{ triangles: plain.indices.length / 3, vertices, error: 0, bytes: glb.length }]
  }))
  return { parts, files }
}

/** The bytes alone. */
export const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer

const refusal = (error: unknown): string | null => error instanceof StreamError && error.message.length <= 200 && /^The .*\.$/s.test(error.message) ? null : (error as Error).stack ?? String(error)

/** What a viewer makes of a file of a stream: geometry that can be drawn, no larger than the scene says, or a sentence. */
export async function fileEnding (bytes: Buffer, parts: PartInfo[]): Promise<Omit<Ending, 'pastFirst'>> {
  try {
    const { part, level, geometry } = await new GlbDecoder(parts).decode(bufferOf(bytes))
    const { vertices = 0, triangles = 0 } = parts[part]?.levels[level] ?? {}
    const positions = geometry.getAttribute('position')
    const index = geometry.index?.array ?? []
    const sound = positions.array.every(Number.isFinite) && positions.count <= vertices && index.length <= triangles * 3 && [...index].every(corner => corner < positions.count)
    return { end: 'read', problem: sound ? null : 'what cannot be drawn was let through' }
  } catch (error) {
    return { end: 'refused', problem: refusal(error) }
  }
}

/** What a viewer makes of a picture before it is decoded: it has as many pixels as were told, or there is a sentence. */
export function pictureEnding (bytes: Buffer, told: ImageHead): Omit<Ending, 'pastFirst'> {
  try {
    pictureAsTold(bufferOf(bytes), told)
  } catch (error) {
    return { end: 'refused', problem: refusal(error) }
  }
  try {
    const { width, height } = told.mimeType === 'image/png' ? PNG.sync.read(bytes) : jpeg.decode(bytes, { maxResolutionInMP: 100 })
    return { end: 'read', problem: width === told.width && height === told.height ? null : `it has ${width} × ${height} pixels, not those of its head` }
  } catch {
    return { end: 'read', problem: null } // A decoder refuses it: that is what decoders do.
  }
}
