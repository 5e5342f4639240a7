import type { SceneMessage } from '../protocol.ts'

/** Rises when preparation changes what it writes: packs of other formats are not found any more and are made anew. */
export const packFormat = 6
export const manifestName = 'manifest.json'
/** The GLB files one after the other: part by part, or piece by piece, each from the coarsest level to the finest; then the images of the textures. */
export const chunksName = 'chunks.bin'

/** What a session needs of a prepared model beside the chunks. */
export interface Manifest {
  format: typeof packFormat
  /** As it goes over the wire, but for the model's name. */
  scene: SceneMessage
}
