import { RepeatWrapping, SRGBColorSpace, Texture } from 'three'
import type { TextureInfo } from '../stream-server/protocol.ts'
import { pictureAsTold, type ReceivedImage } from './received-picture.ts'
import { StreamError } from './server-message.ts'

/** Decodes an image for the graphics hardware. Throws `StreamError` when it is not the one that the scene has, or the browser cannot. */
export async function textureOf ({ bytes }: ReceivedImage, told: TextureInfo): Promise<Texture> {
  // Not by address, as the loaders of three.js do: the page's policy lets no blob be fetched.
  const image = await createImageBitmap(pictureAsTold(bytes, told), { premultiplyAlpha: 'none', colorSpaceConversion: 'none' })
    .catch((error: unknown) => { throw new StreamError('The stream server sent an image that cannot be read.', { cause: error }) })
  const texture = new Texture(image)
  Object.assign(texture, { flipY: false, colorSpace: SRGBColorSpace, wrapS: RepeatWrapping, wrapT: RepeatWrapping, anisotropy: 4, needsUpdate: true })
  return texture
}
