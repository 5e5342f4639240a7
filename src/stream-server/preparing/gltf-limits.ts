import type { GLTF } from '@gltf-transform/core'
import { most } from './assembly.ts'
import { UnreadableModel } from './unreadable.ts'

const componentBytes: Record<number, number> = { 5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4 }
const components: Record<string, number> = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4, MAT2: 4, MAT3: 9, MAT4: 16 }

/** Of all accessors together, unpacked. */
const mostUnpackedBytes = 2 ** 30
/** Of data that the file does not have: accessors of nothing but zeros, or with a few places filled in. */
const mostUnbackedBytes = 2 ** 24
/** How much smaller meshopt makes anything at all. */
const mostCompression = 128

const lists = ['accessors', 'bufferViews', 'buffers', 'materials', 'meshes', 'nodes', 'scenes', 'skins', 'animations', 'cameras', 'images', 'textures', 'samplers'] as const

/**
 * Refuses a document, before anything is allocated for it, that claims more data than its buffers hold or than can be prepared, or that is
 * not put together as glTF is. `available` has the bytes of each buffer. Names that are no text and colours that are no numbers are dropped. Throws `UnreadableModel`.
 */
export function checkGltf (json: GLTF.IGLTF, available: (buffer: number) => number | null): void {
  if (typeof json !== 'object' || json === null) throw broken('it is not a document')
  const document = json as unknown as Record<string, unknown>
  for (const list of lists) {
    const value = document[list]
    if (value === undefined) continue
    if (!Array.isArray(value) || !value.every(item => typeof item === 'object' && item !== null && !Array.isArray(item))) throw broken(`its ${list} are not a list`)
    for (const item of value as { name?: unknown }[]) if (typeof item.name !== 'string') delete item.name
  }
  for (const list of ['extensionsUsed', 'extensionsRequired']) {
    const value = document[list]
    if (value !== undefined && !(Array.isArray(value) && value.every(name => typeof name === 'string'))) throw broken(`its ${list} are not a list`)
  }
  if ((json.nodes?.length ?? 0) > most.nodes) throw new UnreadableModel(`The model is too large: it has more than ${most.nodes.toLocaleString('en')} nodes.`)
  json.bufferViews?.forEach((view, index) => { checkView(json, view, index, available) })
  checkAccessors(json)
  for (const { pbrMetallicRoughness: looks } of json.materials ?? []) if (looks?.baseColorFactor !== undefined && !isNumbers(looks.baseColorFactor, 4)) delete looks.baseColorFactor
  for (const [index, node] of (json.nodes ?? []).entries()) {
    for (const [part, length] of placeParts) if (node[part] !== undefined && !isNumbers(node[part], length)) throw broken(`the place of node ${index} is not made of numbers`)
  }
  for (const mesh of json.meshes ?? []) {
    if (!Array.isArray(mesh.primitives)) throw broken('a mesh has no list of primitives')
    for (const primitive of mesh.primitives) if (typeof primitive?.attributes !== 'object' || primitive.attributes === null) throw broken('a primitive has no attributes')
  }
}

const broken = (what: string) => new UnreadableModel(`The model file cannot be read as glTF: ${what}.`)
const isNumbers = (value: unknown, length: number): boolean => Array.isArray(value) && value.length === length && value.every(each => typeof each === 'number')
const placeParts = [['matrix', 16], ['translation', 3], ['rotation', 4], ['scale', 3]] as const
const count = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function checkView ({ buffers = [] }: GLTF.IGLTF, view: GLTF.IBufferView, index: number, available: (buffer: number) => number | null): void {
  const { buffer, byteOffset = 0, byteLength, byteStride } = view
  if (!count(buffer) || !buffers[buffer] || !count(byteOffset) || !count(byteLength)) throw broken(`buffer view ${index} names no bytes`)
  if (byteStride !== undefined && !(count(byteStride) && byteStride <= 252)) throw broken(`buffer view ${index} has a stride of ${String(byteStride).slice(0, 40)} bytes`)
  const packed = meshopt(view)
  if (packed === null) {
    if (byteOffset + byteLength > (available(buffer) ?? 0)) throw broken(`buffer view ${index} reaches beyond its buffer`)
    return
  }
  const { byteOffset: from = 0, byteLength: length, byteStride: stride, count: elements } = packed
  if (!count(packed.buffer) || !count(from) || !count(length) || !count(stride) || !count(elements) || stride < 1 || stride > 256) throw broken(`buffer view ${index} names no packed bytes`)
  if (from + length > (available(packed.buffer) ?? 0)) throw broken(`buffer view ${index} reaches beyond its buffer`)
  if (elements * stride !== byteLength || byteLength > 4096 + length * mostCompression) throw broken(`buffer view ${index} claims more data than its packed bytes can hold`)
}

interface Packed { buffer?: unknown, byteOffset?: unknown, byteLength?: unknown, byteStride?: unknown, count?: unknown }

function meshopt ({ extensions }: GLTF.IBufferView): Packed | null {
  const packed = (extensions as Record<string, unknown> | undefined)?.['EXT_meshopt_compression']
  return typeof packed === 'object' && packed !== null ? packed : null
}

function checkAccessors (json: GLTF.IGLTF): void {
  const decoded = dracoAccessors(json)
  let unpacked = 0
  let unbacked = 0
  json.bufferViews?.forEach(view => { if (meshopt(view)) unpacked += view.byteLength })
  json.accessors?.forEach((accessor, index) => {
    const { count: elements, type, componentType, bufferView, byteOffset = 0, sparse } = accessor
    const component = Object.hasOwn(componentBytes, componentType) ? componentBytes[componentType] ?? 0 : 0
    const size = component * (Object.hasOwn(components, type) ? components[type] ?? 0 : 0)
    if (size === 0 || !count(elements) || !count(byteOffset)) throw broken(`accessor ${index} says not what it has`)
    unpacked += elements * size
    if (bufferView !== undefined) {
      const view = json.bufferViews?.[bufferView]
      if (!view) throw broken(`accessor ${index} names a buffer view that does not exist`)
      const stride = view.byteStride ?? size
      if (elements > 0 && byteOffset + (elements - 1) * stride + size > view.byteLength) throw broken(`accessor ${index} reaches beyond its buffer view`)
    } else if (!decoded.has(index)) unbacked += elements * size
    if (sparse !== undefined) {
      if (typeof sparse !== 'object' || sparse === null || !count(sparse.count) || sparse.count > elements) throw broken(`accessor ${index} fills in more than it has`)
      for (const part of [sparse.indices, sparse.values]) {
        if (typeof part !== 'object' || part === null || !json.bufferViews?.[part.bufferView]) throw broken(`accessor ${index} names a buffer view that does not exist`)
      }
      const indexBytes = componentBytes[sparse.indices.componentType] ?? 0
      const fits = (part: { bufferView: number, byteOffset?: number }, bytes: number) => count(part.byteOffset ?? 0) && (part.byteOffset ?? 0) + bytes <= (json.bufferViews?.[part.bufferView]?.byteLength ?? 0)
      if (indexBytes === 0 || !fits(sparse.indices, sparse.count * indexBytes) || !fits(sparse.values, sparse.count * size)) throw broken(`accessor ${index} reaches beyond its buffer view`)
    }
  })
  if (unpacked > mostUnpackedBytes) throw new UnreadableModel(`The model is too large: unpacked, its data has more than ${mostUnpackedBytes / 2 ** 30} GiB.`)
  if (unbacked > mostUnbackedBytes) throw broken('its accessors claim more data than the file holds')
}

/** Accessors whose data a Draco stream brings. */
function dracoAccessors ({ meshes = [] }: GLTF.IGLTF): Set<number> {
  const found = new Set<number>()
  for (const { primitives } of meshes) {
    for (const primitive of Array.isArray(primitives) ? primitives : []) {
      if ((primitive?.extensions as Record<string, unknown> | undefined)?.['KHR_draco_mesh_compression'] === undefined) continue
      if (primitive.indices !== undefined) found.add(primitive.indices)
      for (const accessor of Object.values(primitive.attributes ?? {})) found.add(accessor)
    }
  }
  return found
}
