import { glbHead, glbParts } from '../single-file/glb-parts.ts'

/** A part's file with the image of its texture in it: `images[0]`, and `asset.extras.texture` says which one it is. */
export function withImage (glb: Buffer, texture: number, mimeType: string, image: Buffer): Buffer {
  const { json, binary } = glbParts(glb)
  const [packed, unpacked] = json.buffers
  const images = [{ mimeType, bufferView: json.bufferViews.length }]
  const view = { buffer: 0, byteOffset: binary.length, byteLength: image.length }
  const tail = Buffer.concat([image], Math.ceil(image.length / 4) * 4)
  const { extras } = json.asset
  const made = { ...json, asset: { ...json.asset, extras: { ...extras, texture } }, images, bufferViews: [...json.bufferViews, view], buffers: [{ ...packed, byteLength: binary.length + tail.length }, unpacked] }
  return Buffer.concat([glbHead(made, binary.length + tail.length), binary, tail])
}
