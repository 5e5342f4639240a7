import { MeshoptEncoder } from 'meshoptimizer'
import type { Bounds, Mesh } from './mesh.ts'

const arrayBuffer = 34962
const elementArrayBuffer = 34963

/** Where the quantized coordinates of a part lie: all its levels share it. */
export interface Grid {
  center: [number, number, number]
  /** Half the longest edge of the bounds. */
  half: number
}

export function gridOf ({ min, max }: Bounds): Grid {
  return {
    center: [(min[0] + max[0]) / 2, (min[1] + max[1]) / 2, (min[2] + max[2]) / 2],
    half: Math.max(max[0] - min[0], max[1] - min[1], max[2] - min[2]) / 2 || 1
  }
}

/** Where a coordinate lies on the grid, -32767 to 32767. */
export const gridPlace = ({ center, half }: Grid, value: number, axis: number): number => Math.round((value - (center[axis] ?? 0)) / half * 32767)

/**
 * One level of a part as a complete GLB: 16-bit positions on the part's grid (the node's translation and scale bring them back),
 * 8-bit octahedral normals, texture places in full, colours in bytes, all of it `EXT_meshopt_compression`. `MeshoptEncoder.ready` must have passed.
 */
export function partGlb (part: number, level: number, mesh: Mesh, indices: Uint32Array, grid: Grid): { glb: Buffer, vertices: number } {
  const order = new Uint32Array(indices)
  const [remap, vertices] = MeshoptEncoder.reorderMesh(order, true, true)
  const positions = new Int16Array(vertices * 4)
  const normals = new Float32Array(vertices * 4)
  const uvs = mesh.uvs && new Float32Array(vertices * 2)
  const colors = mesh.colors && new Uint8Array(vertices * 4)
  const min = [32767, 32767, 32767]
  const max = [-32767, -32767, -32767]
  for (let from = 0; from < remap.length; from++) {
    const to = remap[from] ?? 0xffffffff
    if (to === 0xffffffff) continue
    for (let k = 0; k < 3; k++) {
      const value = gridPlace(grid, mesh.positions[from * 3 + k] ?? 0, k)
      positions[to * 4 + k] = value
      min[k] = Math.min(min[k] ?? 0, value)
      max[k] = Math.max(max[k] ?? 0, value)
      normals[to * 4 + k] = mesh.normals[from * 3 + k] ?? 0
    }
    if (uvs) for (let k = 0; k < 2; k++) uvs[to * 2 + k] = mesh.uvs?.[from * 2 + k] ?? 0
    if (colors) for (let k = 0; k < 4; k++) colors[to * 4 + k] = mesh.colors?.[from * 4 + k] ?? 255
  }
  const small = vertices <= 65536
  const indexBytes = small ? 2 : 4
  const indexArray = small ? Uint16Array.from(order) : order
  const streams = [
    MeshoptEncoder.encodeGltfBuffer(new Uint8Array(positions.buffer), vertices, 8, 'ATTRIBUTES'),
    MeshoptEncoder.encodeGltfBuffer(MeshoptEncoder.encodeFilterOct(normals, vertices, 4, 8), vertices, 4, 'ATTRIBUTES'),
    MeshoptEncoder.encodeGltfBuffer(new Uint8Array(indexArray.buffer), order.length, indexBytes, 'TRIANGLES'),
    ...uvs ? [MeshoptEncoder.encodeGltfBuffer(new Uint8Array(uvs.buffer), vertices, 8, 'ATTRIBUTES')] : [],
    ...colors ? [MeshoptEncoder.encodeGltfBuffer(colors, vertices, 4, 'ATTRIBUTES')] : []
  ]
  const lengths = [vertices * 8, vertices * 4, order.length * indexBytes, ...uvs ? [vertices * 8] : [], ...colors ? [vertices * 4] : []].map(padded)
  const packed = streams.reduce((sum, stream) => sum + padded(stream.length), 0)

  let plainAt = 0
  let packedAt = 0
  const view = (stream: number, byteStride: number, mode: string, count: number, filter?: string) => {
    const length = count * byteStride
    const made = {
      buffer: 1,
      byteOffset: plainAt,
      byteLength: length,
      ...(mode === 'ATTRIBUTES' && { byteStride }),
      target: mode === 'ATTRIBUTES' ? arrayBuffer : elementArrayBuffer,
      extensions: { EXT_meshopt_compression: { buffer: 0, byteOffset: packedAt, byteLength: streams[stream]?.length, byteStride, count, mode, filter } }
    }
    plainAt += lengths[stream] ?? 0
    packedAt += padded(streams[stream]?.length ?? 0)
    return made
  }
  const extensions = ['EXT_meshopt_compression', 'KHR_mesh_quantization']
  const json = {
    asset: { version: '2.0', extras: { part, level } },
    extensionsUsed: extensions,
    extensionsRequired: extensions,
    scene: 0,
    scenes: [{ nodes: [0] }],
    nodes: [{ mesh: 0, translation: grid.center, scale: [grid.half, grid.half, grid.half] }],
    meshes: [{ primitives: [{ attributes: { POSITION: 0, NORMAL: 1, ...uvs && { TEXCOORD_0: 3 }, ...colors && { COLOR_0: uvs ? 4 : 3 } }, indices: 2 }] }],
    accessors: [
      { bufferView: 0, componentType: 5122, normalized: true, count: vertices, type: 'VEC3', min, max },
      { bufferView: 1, componentType: 5120, normalized: true, count: vertices, type: 'VEC3' },
      { bufferView: 2, componentType: small ? 5123 : 5125, count: order.length, type: 'SCALAR' },
      ...uvs ? [{ bufferView: 3, componentType: 5126, count: vertices, type: 'VEC2' }] : [],
      ...colors ? [{ bufferView: uvs ? 4 : 3, componentType: 5121, normalized: true, count: vertices, type: 'VEC4' }] : []
    ],
    bufferViews: [view(0, 8, 'ATTRIBUTES', vertices), view(1, 4, 'ATTRIBUTES', vertices, 'OCTAHEDRAL'), view(2, indexBytes, 'TRIANGLES', order.length), ...uvs ? [view(3, 8, 'ATTRIBUTES', vertices)] : [], ...colors ? [view(uvs ? 4 : 3, 4, 'ATTRIBUTES', vertices)] : []],
    buffers: [{ byteLength: packed }, { byteLength: lengths.reduce((a, b) => a + b), extensions: { EXT_meshopt_compression: { fallback: true } } }]
  }
  return { glb: container(json, streams, packed), vertices }
}

const padded = (length: number) => Math.ceil(length / 4) * 4

function container (json: object, streams: Uint8Array[], packed: number): Buffer {
  const plain = Buffer.from(JSON.stringify(json))
  const text = Buffer.alloc(padded(plain.length), ' ')
  plain.copy(text)
  const head = Buffer.alloc(20)
  head.write('glTF', 0, 'latin1')
  head.writeUInt32LE(2, 4)
  head.writeUInt32LE(28 + text.length + packed, 8)
  head.writeUInt32LE(text.length, 12)
  head.write('JSON', 16, 'latin1')
  const binary = Buffer.alloc(8)
  binary.writeUInt32LE(packed, 0)
  binary.write('BIN\0', 4, 'latin1')
  return Buffer.concat([head, text, binary, ...streams.map(stream => Buffer.concat([stream], padded(stream.length)))])
}
