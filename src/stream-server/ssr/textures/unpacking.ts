import { Worker } from 'node:worker_threads'
import type { Pyramid } from './pyramid.ts'

/** An image file, and from which of its copies on it is wanted. */
export interface PackedImage {
  texture: number
  level: number
  file: Uint8Array<ArrayBuffer>
}

export interface UnpackedImage {
  texture: number
  /** Null: it cannot be had. */
  pyramid: Pyramid | null
}

/**
 * Unpacks images on a thread of its own, which lasts no longer than that: what it takes, which may be many times an image, is given back with it, and painting goes on meanwhile.
 * `onEach` is told of every image, `onEnd` when that was all. Answers how to end it before: then nothing more is told.
 */
export function unpack (program: string, images: PackedImage[], onEach: (image: UnpackedImage) => void, onEnd: () => void): () => void {
  const left = new Set(images.map(({ texture }) => texture))
  const worker = new Worker(program, { workerData: images, transferList: images.map(({ file }) => file.buffer) })
  let ended = false
  worker.on('message', (image: UnpackedImage) => {
    if (ended) return
    left.delete(image.texture)
    onEach(image)
  })
  // An error is followed by the end, with images left.
  worker.on('error', () => {})
  worker.on('exit', () => {
    if (ended) return
    for (const texture of left) onEach({ texture, pyramid: null })
    onEnd()
  })
  return () => {
    ended = true
    void worker.terminate()
  }
}
