import { createRequire } from 'node:module'
import { NodeIO, type Document } from '@gltf-transform/core'
import { ALL_EXTENSIONS, EXTMeshoptCompression, KHRDracoMeshCompression } from '@gltf-transform/extensions'
import { MeshoptEncoder } from 'meshoptimizer'
import { ballsDocument } from '../stream-server/support/model.ts'

/** GLB files whose geometry is compressed, one with each of both methods that are read. */
export async function compressed (): Promise<Buffer[]> {
  const draco = createRequire(import.meta.url)('draco3dgltf') as { createEncoderModule: () => Promise<unknown> }
  await MeshoptEncoder.ready
  const io = new NodeIO().registerExtensions(ALL_EXTENSIONS).registerDependencies({ 'draco3d.encoder': await draco.createEncoderModule(), 'meshopt.encoder': MeshoptEncoder })
  const files: Buffer[] = []
  for (const require of [(document: Document) => document.createExtension(KHRDracoMeshCompression), (document: Document) => document.createExtension(EXTMeshoptCompression)]) {
    const document = ballsDocument({ segments: 4, copies: 1 })
    require(document).setRequired(true)
    files.push(Buffer.from(await io.writeBinary(document)))
  }
  return files
}
