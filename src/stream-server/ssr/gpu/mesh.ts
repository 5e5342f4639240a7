import type { Geometry } from '../geometry.ts'
import type { Kept } from '../geometry-store.ts'

/** A part at one level in the memory of a GPU. */
export interface Mesh extends Kept, Pick<Geometry, 'center' | 'scale'> {
  /** Positions, then normals, then indices. */
  buffer: GPUBuffer
  normalsAt: number
  indicesAt: number
  indices: number
  format: GPUIndexFormat
}

export function meshOf (device: GPUDevice, { positions, normals, indices, center, scale, closed }: Geometry): Mesh {
  const normalsAt = positions.byteLength
  const indicesAt = normalsAt + normals.byteLength
  const bytes = Math.max(4, (indicesAt + indices.byteLength + 3) & ~3)
  const buffer = device.createBuffer({ size: bytes, usage: GPUBufferUsage.VERTEX | GPUBufferUsage.INDEX, mappedAtCreation: true })
  const memory = buffer.getMappedRange()
  new Int16Array(memory, 0, positions.length).set(positions)
  new Int8Array(memory, normalsAt, normals.length).set(normals)
  const format = indices instanceof Uint16Array ? 'uint16' : 'uint32'
  if (format === 'uint16') new Uint16Array(memory, indicesAt, indices.length).set(indices)
  else new Uint32Array(memory, indicesAt, indices.length).set(indices)
  buffer.unmap()
  return { buffer, normalsAt, indicesAt, indices: indices.length, format, center, scale, closed, bytes }
}
