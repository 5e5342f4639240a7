import { MeshoptDecoder } from 'meshoptimizer/decoder'

/** A part at one level as it lies in the pack: grid positions and small normals, each four numbers apart. */
export interface Geometry {
  positions: Int16Array
  normals: Int8Array
  indices: Uint16Array | Uint32Array
  /** Places on the part's texture, two numbers each. */
  uvs?: Float32Array
  /** Colours of the corners, linear, four bytes each. */
  colors?: Uint8Array
  adorned: boolean
  /** How much of its texture lies along a metre, as the mean over the surface; 0 where there is none. */
  stretch: number
  /** From grid positions to the part's coordinates: `center + position × scale`. */
  center: [number, number, number]
  scale: number
  /** No open edges: whoever is outside never sees an inside. */
  closed: boolean
  /** Memory it takes. */
  bytes: number
}

interface View {
  extensions: { EXT_meshopt_compression: { byteOffset: number, byteLength: number, byteStride: number, count: number, mode: string, filter?: string } }
}

interface Document {
  bufferViews: View[]
  nodes: Array<{ translation: [number, number, number], scale: number[] }>
  meshes: Array<{ primitives: Array<{ attributes: { TEXCOORD_0?: number, COLOR_0?: number } }> }>
}

/** When decoding is possible. */
export const geometryReady: Promise<void> = MeshoptDecoder.ready

/** Decodes a GLB file of the pack: `preparing/part-glb.ts` writes it. Throws when it is damaged. */
export function decodeGeometry (glb: Uint8Array): Geometry {
  const header = new DataView(glb.buffer, glb.byteOffset, glb.byteLength)
  const textLength = header.getUint32(12, true)
  const json = JSON.parse(new TextDecoder().decode(glb.subarray(20, 20 + textLength))) as Document
  const binary = glb.subarray(28 + textLength)
  const stream = (number: number): ArrayBuffer => {
    const { byteOffset, byteLength, byteStride, count, mode, filter } = json.bufferViews[number]!.extensions.EXT_meshopt_compression
    const target = new Uint8Array(count * byteStride)
    MeshoptDecoder.decodeGltfBuffer(target, count, byteStride, binary.subarray(byteOffset, byteOffset + byteLength), mode, filter)
    return target.buffer
  }
  const positions = new Int16Array(stream(0))
  const normals = new Int8Array(stream(1))
  const indices = json.bufferViews[2]!.extensions.EXT_meshopt_compression.byteStride === 2 ? new Uint16Array(stream(2)) : new Uint32Array(stream(2))
  const vertices = positions.length / 4
  for (const index of indices) if (index >= vertices) throw new Error('a corner of a triangle does not exist')
  const { translation, scale } = json.nodes[0]!
  const { TEXCOORD_0: place, COLOR_0: color } = json.meshes[0]!.primitives[0]!.attributes
  const uvs = place === undefined ? undefined : new Float32Array(stream(place))
  const colors = color === undefined ? undefined : new Uint8Array(stream(color))
  return {
    positions,
    normals,
    indices,
    ...uvs && { uvs },
    ...colors && { colors },
    adorned: uvs !== undefined || colors !== undefined,
    stretch: uvs === undefined ? 0 : stretchOf(positions, uvs, indices) / (scale[0]! / 32767),
    center: translation,
    scale: scale[0]! / 32767,
    closed: isClosed(positions, indices),
    bytes: positions.byteLength + normals.byteLength + indices.byteLength + (uvs?.byteLength ?? 0) + (colors?.byteLength ?? 0)
  }
}

/** How much of the texture lies along one step of the grid: by the areas of all triangles, on both. */
function stretchOf (positions: Int16Array, uvs: Float32Array, indices: ArrayLike<number>): number {
  let [surface, texture] = [0, 0]
  for (let at = 0; at < indices.length; at += 3) {
    const [a, b, c] = [indices[at]!, indices[at + 1]!, indices[at + 2]!]
    const side = (from: number, to: number, k: number) => positions[to * 4 + k]! - positions[from * 4 + k]!
    const [x, y, z] = [0, 1, 2].map(k => side(a, b, (k + 1) % 3) * side(a, c, (k + 2) % 3) - side(a, b, (k + 2) % 3) * side(a, c, (k + 1) % 3)) as [number, number, number]
    surface += Math.hypot(x, y, z)
    const across = (from: number, to: number, k: number) => uvs[to * 2 + k]! - uvs[from * 2 + k]!
    texture += Math.abs(across(a, b, 0) * across(a, c, 1) - across(a, b, 1) * across(a, c, 0))
  }
  return surface === 0 ? 0 : Math.sqrt(texture / surface)
}

/** Whether every edge is met by one that runs the other way; corners at the same place are the same. */
export function isClosed (positions: Int16Array, indices: ArrayLike<number>): boolean {
  const places = new Map<number, number>()
  const same = new Uint32Array(positions.length / 4)
  for (let i = 0; i < same.length; i++) {
    const key = ((positions[i * 4]! + 32768) * 65536 + positions[i * 4 + 1]! + 32768) * 65536 + positions[i * 4 + 2]! + 32768
    const known = places.get(key)
    if (known === undefined) places.set(key, i)
    same[i] = known ?? i
  }
  const open = new Map<number, number>()
  for (let at = 0; at < indices.length; at += 3) {
    for (let side = 0; side < 3; side++) {
      const a = same[indices[at + side]!]!
      const b = same[indices[at + (side + 1) % 3]!]!
      if (a === b) continue
      const [key, way] = a < b ? [a * 67108864 + b, 1] : [b * 67108864 + a, -1]
      const sum = (open.get(key) ?? 0) + way
      if (sum === 0) open.delete(key)
      else open.set(key, sum)
    }
  }
  return open.size === 0
}
