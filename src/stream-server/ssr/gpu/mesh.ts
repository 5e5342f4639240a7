import type { Geometry } from '../geometry.ts'
import type { Kept } from '../geometry-store.ts'

/** A part at one level in the memory of a GPU. */
export interface Mesh extends Kept, Pick<Geometry, 'center' | 'scale'> {
  /** Positions, then normals, then what corners of adorned ones have beside, then indices. */
  buffer: GPUBuffer
  normalsAt: number
  adornmentsAt: number
  indicesAt: number
  indices: number
  format: GPUIndexFormat
}

/** Bytes that a corner of an adorned mesh has: its place on a texture, then its colour. */
export const adornmentStride = 12

export function meshOf (device: GPUDevice, { positions, normals, indices, uvs, colors, center, scale, closed, adorned, stretch }: Geometry): Mesh {
  const corners = positions.length / 4
  const normalsAt = positions.byteLength
  const adornmentsAt = normalsAt + normals.byteLength
  const indicesAt = adornmentsAt + (adorned ? corners * adornmentStride : 0)
  const bytes = Math.max(4, (indicesAt + indices.byteLength + 3) & ~3)
  const buffer = device.createBuffer({ size: bytes, usage: GPUBufferUsage.VERTEX | GPUBufferUsage.INDEX, mappedAtCreation: true })
  const memory = buffer.getMappedRange()
  new Int16Array(memory, 0, positions.length).set(positions)
  new Int8Array(memory, normalsAt, normals.length).set(normals)
  if (adorned) {
    const places = new Float32Array(memory, adornmentsAt, corners * 3)
    const bytes = new Uint8Array(memory, adornmentsAt, corners * adornmentStride).fill(255)
    for (let i = 0; i < corners; i++) {
      places[i * 3] = uvs?.[i * 2] ?? 0
      places[i * 3 + 1] = uvs?.[i * 2 + 1] ?? 0
      if (colors) bytes.set(colors.subarray(i * 4, i * 4 + 4), i * adornmentStride + 8)
    }
  }
  const format = indices instanceof Uint16Array ? 'uint16' : 'uint32'
  if (format === 'uint16') new Uint16Array(memory, indicesAt, indices.length).set(indices)
  else new Uint32Array(memory, indicesAt, indices.length).set(indices)
  buffer.unmap()
  return { buffer, normalsAt, adornmentsAt, indicesAt, indices: indices.length, format, center, scale, closed, adorned, stretch, bytes }
}
