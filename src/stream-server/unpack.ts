// A thread that unpacks the images of textures for a stream server that renders, one after the other, and ends.
import { parentPort, workerData } from 'node:worker_threads'
import { pixelsOf } from './preparing/picture.ts'
import { pyramidOf } from './ssr/textures/pyramid.ts'
import type { PackedImage, UnpackedImage } from './ssr/textures/unpacking.ts'

for (const { texture, level, file } of workerData as PackedImage[]) {
  const pyramid = pyramidFrom(file, level)
  parentPort?.postMessage({ texture, pyramid } satisfies UnpackedImage, pyramid === null ? [] : [pyramid.texels.buffer])
}

function pyramidFrom (file: Uint8Array, level: number): UnpackedImage['pyramid'] {
  try {
    const { width, height, data } = pixelsOf(file)
    return pyramidOf(width, height, data, level)
  } catch {
    // It could be read when the model was prepared; without it its parts have their mean colour.
    return null
  }
}
