import { RepeatWrapping, SRGBColorSpace, Texture } from 'three'
import { StreamError } from './server-message.ts'

/** An image that came with a part's file. */
export interface ReceivedImage {
  /** Its number in the scene. */
  texture: number
  bytes: ArrayBuffer
  mimeType: string
}

/** Decodes an image for the graphics hardware. Throws `StreamError` when the browser cannot. */
export async function textureOf ({ bytes, mimeType }: ReceivedImage): Promise<Texture> {
  // Not by address, as the loaders of three.js do: the page's policy lets no blob be fetched.
  const image = await createImageBitmap(new Blob([bytes], { type: mimeType }), { premultiplyAlpha: 'none', colorSpaceConversion: 'none' })
    .catch((error: unknown) => { throw new StreamError('The stream server sent an image that cannot be read.', { cause: error }) })
  const texture = new Texture(image)
  Object.assign(texture, { flipY: false, colorSpace: SRGBColorSpace, wrapS: RepeatWrapping, wrapT: RepeatWrapping, anisotropy: 4, needsUpdate: true })
  return texture
}
