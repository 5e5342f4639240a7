import { imageHead } from '../stream-server/image-head.ts'
import type { ImageHead } from '../stream-server/image-head.ts'
import { StreamError } from './server-message.ts'

/** An image that came with a part's file. */
export interface ReceivedImage {
  /** Its number in the scene. */
  texture: number
  bytes: ArrayBuffer
}

/**
 * A picture as the browser decodes it, once its head says what was told of it before: decoding makes room for as many pixels as the file claims, however small
 * it is. Throws `StreamError` when it says anything else.
 */
export function pictureAsTold (bytes: ArrayBuffer, { mimeType, width, height }: ImageHead): Blob {
  const head = imageHead(new Uint8Array(bytes))
  if (head === null || head.mimeType !== mimeType || head.width !== width || head.height !== height) throw new StreamError('The stream server sent a picture that is not what it told of it.')
  return new Blob([bytes], { type: mimeType })
}
