import type { LevelInfo } from '../stream-server/protocol.ts'
import type { GlbFile } from './glb-file.ts'
import { StreamError } from './server-message.ts'

/** What the scene says of a level. */
export type Claim = Pick<LevelInfo, 'vertices' | 'triangles'>

interface Shape { type: string, width: number, components: readonly number[] }

const numbers = [5120, 5121, 5122, 5123, 5125, 5126]
const componentBytes: Readonly<Record<number, number>> = { 5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4 }
const indices: readonly Shape[] = [{ type: 'SCALAR', width: 1, components: [5121, 5123, 5125] }]
const attributes: Readonly<Record<string, readonly Shape[]>> = {
  POSITION: [{ type: 'VEC3', width: 3, components: numbers }],
  NORMAL: [{ type: 'VEC3', width: 3, components: numbers }],
  TEXCOORD_0: [{ type: 'VEC2', width: 2, components: numbers }],
  COLOR_0: [{ type: 'VEC3', width: 3, components: [5121, 5123, 5126] }, { type: 'VEC4', width: 4, components: [5121, 5123, 5126] }]
}
/** Strides that each filter of meshopt is made for; with others it would write elsewhere. */
const filterStrides: Readonly<Record<string, readonly number[]>> = { OCTAHEDRAL: [4, 8], COLOR: [4, 8], QUATERNION: [8] }

export const unsound = (cause?: unknown): StreamError => new StreamError('The stream server sent geometry that cannot be read.', { cause })
const check = (holds: boolean, what: string): void => { if (!holds) throw unsound(new Error(what)) }

/**
 * What a viewer needs of a stream server's glTF document, and nothing else: geometry and images that lie in the file itself, no larger than the scene says. A loader
 * is only given what comes out of it: it fetches no address, and unpacks no more than was told. Everything throws `StreamError` on what cannot be right.
 */
export class SoundGeometry {
  readonly #accessors: unknown[]
  readonly #views: unknown[]
  readonly #binary: GlbFile['binary']
  readonly #made = { accessors: [] as object[], bufferViews: [] as object[] }
  #plain = 0

  constructor ({ document: { accessors, bufferViews }, binary }: GlbFile) {
    this.#accessors = list(accessors, 'accessors')
    this.#views = list(bufferViews, 'buffer views')
    this.#binary = binary
  }

  /** The one primitive of a mesh: triangles, no more of them than are claimed. */
  primitive (mesh: unknown, claim: Claim): object {
    const primitives = list(record(mesh, 'mesh')['primitives'], 'primitives')
    check(primitives.length === 1, 'a mesh of several primitives')
    const given = record(primitives[0], 'primitive')
    check(given['mode'] === undefined || given['mode'] === 4, 'no triangles')
    const all = record(given['attributes'], 'attributes')
    const made: Record<string, number> = {}
    let count: number | undefined
    for (const [name, shapes] of Object.entries(attributes)) {
      if (!Object.hasOwn(all, name)) continue
      const accessor = this.#accessor(all[name], shapes, claim.vertices)
      check(count === undefined || count === accessor.count, 'attributes of different lengths')
      count = accessor.count
      made[name] = accessor.index
    }
    check('POSITION' in made, 'no positions')
    const corners = this.#accessor(given['indices'], indices, claim.triangles * 3)
    check(corners.count % 3 === 0, 'half a triangle')
    return { attributes: made, indices: corners.index }
  }

  /** An image, as the bytes that it is. */
  image (value: unknown): ArrayBuffer {
    const view = this.#view(record(value, 'image')['bufferView'])
    check(packedOf(view) === undefined, 'a packed image')
    const { byteOffset, byteLength } = plain(view)
    return this.#binary.slice(byteOffset, byteOffset + byteLength).buffer
  }

  /** The document of what was taken, with the meshes and nodes that the caller has made of it. */
  document (more: object): object {
    const extensionsUsed = ['EXT_meshopt_compression', 'KHR_mesh_quantization']
    return {
      asset: { version: '2.0' },
      extensionsUsed,
      extensionsRequired: extensionsUsed,
      buffers: [{ byteLength: this.#binary.length }, { byteLength: this.#plain, extensions: { EXT_meshopt_compression: { fallback: true } } }],
      ...this.#made,
      ...more
    }
  }

  #accessor (index: unknown, shapes: readonly Shape[], most: number): { index: number, count: number } {
    const given = record(this.#accessors[natural(index, 'accessor')], 'accessor')
    check(given['sparse'] === undefined, 'a sparse accessor')
    const shape = shapes.find(({ type }) => type === given['type'])
    const componentType = natural(given['componentType'], 'type')
    if (shape === undefined || !shape.components.includes(componentType)) throw unsound(new Error('an accessor of another type'))
    const count = natural(given['count'], 'count')
    check(count > 0 && count <= most, `${count} elements where the scene has ${most}`)
    const byteOffset = given['byteOffset'] === undefined ? 0 : natural(given['byteOffset'], 'offset')
    const view = this.#view(given['bufferView'])
    const size = shape.width * (componentBytes[componentType] ?? 0)
    const byteStride = view['byteStride'] === undefined ? undefined : natural(view['byteStride'], 'stride')
    check(byteStride === undefined || (byteStride >= size && byteStride <= 256), 'a stride that is too short')
    const packed = packedOf(view)
    const stride = byteStride ?? size
    const made = packed === undefined ? plain(view) : this.#unpacked(packed, most)
    check(byteOffset + (count - 1) * stride + size <= made.byteLength, 'an accessor that reaches beyond its view')
    const bufferView = this.#keep({ ...made, ...byteStride !== undefined && { byteStride } })
    // The bounds are found out from the positions.
    const bounds = shape.type === 'VEC3' && { min: [0, 0, 0], max: [0, 0, 0] }
    return { count, index: this.#made.accessors.push({ bufferView, byteOffset, componentType, normalized: given['normalized'] === true, count, type: shape.type, ...bounds }) - 1 }
  }

  #view (index: unknown): Record<string, unknown> {
    const view = record(this.#views[natural(index, 'buffer view')], 'buffer view')
    const source = packedOf(view) ?? view
    check(source['buffer'] === 0, 'bytes that are not in the file')
    const from = source['byteOffset'] === undefined ? 0 : natural(source['byteOffset'], 'offset')
    check(from + natural(source['byteLength'], 'length') <= this.#binary.length, 'a view that reaches beyond the file')
    return view
  }

  #unpacked (packed: Record<string, unknown>, most: number): { byteLength: number } & Record<string, unknown> {
    const { byteOffset = 0, byteLength, mode, filter = 'NONE' } = packed
    const count = natural(packed['count'], 'count')
    const stride = natural(packed['byteStride'], 'stride')
    check(count > 0 && count <= most, `${count} packed elements where the scene has ${most}`)
    if (mode === 'ATTRIBUTES') check(stride > 0 && stride <= 256 && stride % 4 === 0, 'a stride that cannot be packed')
    else check((mode === 'TRIANGLES' || mode === 'INDICES') && (stride === 2 || stride === 4) && (mode === 'INDICES' || count % 3 === 0), 'indices that cannot be packed')
    check(filter === 'NONE' || (mode === 'ATTRIBUTES' && (filter === 'EXPONENTIAL' || (typeof filter === 'string' && Object.hasOwn(filterStrides, filter) && filterStrides[filter]?.includes(stride) === true))), 'a filter that does not fit')
    const from = this.#plain
    this.#plain += Math.ceil(count * stride / 4) * 4
    return { buffer: 1, byteOffset: from, byteLength: count * stride, extensions: { EXT_meshopt_compression: { buffer: 0, byteOffset, byteLength, byteStride: stride, count, mode, filter } } }
  }

  #keep (view: object): number {
    return this.#made.bufferViews.push(view) - 1
  }
}

function packedOf ({ extensions }: Record<string, unknown>): Record<string, unknown> | undefined {
  if (extensions === undefined) return undefined
  const packed = record(extensions, 'extensions')['EXT_meshopt_compression']
  return packed === undefined ? undefined : record(packed, 'packed bytes')
}

/** Its range was looked at. */
const plain = ({ byteOffset = 0, byteLength }: Record<string, unknown>) => ({ buffer: 0, byteOffset: byteOffset as number, byteLength: byteLength as number })

/** `[x, y, z]`, undefined where there is none. */
export function triple (value: unknown): number[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value) || value.length !== 3 || !value.every(each => Number.isFinite(each))) throw unsound(new Error('a place that is not made of numbers'))
  return value as number[]
}

export function record (value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unsound(new Error(`no ${what}`))
  return value as Record<string, unknown>
}

export function list (value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw unsound(new Error(`no ${what}`))
  return value
}

function natural (value: unknown, what: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw unsound(new Error(`no ${what}`))
  return value as number
}
