import { emptyAssembly, linear, most, plainFinish } from './assembly.ts'
import type { Assembly, Finish } from './assembly.ts'
import { Growing } from './growing.ts'
import { linesOf, wordsOf } from './lines.ts'
import { moved } from './matrix.ts'
import { addPart, zUp } from './raw-mesh.ts'
import { UnreadableModel } from './unreadable.ts'

const sizes: Record<string, number> = { char: 1, int8: 1, uchar: 1, uint8: 1, short: 2, int16: 2, ushort: 2, uint16: 2, int: 4, int32: 4, uint: 4, uint32: 4, float: 4, float32: 4, double: 8, float64: 8 }

interface Property { name: string, type: string, /** Type of a list's length. */ listed: string | null }
interface Element { name: string, count: number, properties: Property[] }
interface Header { format: string, elements: Element[], end: number }

/** From 0 to 1 as files have it to a byte of linear light. */
const shade = (value: number): number => Math.round(255 * Math.min(1, Math.max(0, linear(value) || 0)))

const broken = (what: string) => new UnreadableModel(`The PLY file is broken: ${what}.`)

/** Reads PLY, text or binary: one part, in metres, Z up, with its vertices' colours. Throws `UnreadableModel`. */
export function readPly (bytes: Buffer): Assembly {
  const { format, elements, end } = readHeader(bytes)
  const take: Taker = format === 'ascii' ? textTaker(bytes, end) : binaryTaker(bytes, end, format === 'binary_big_endian')
  const vertices = new Growing(Float64Array)
  const normals = new Growing(Float64Array)
  const indices = new Growing(Uint32Array)
  const shades = new Growing(Uint8Array)
  for (const { name, count, properties } of elements) {
    const find = (...names: string[]) => properties.findIndex(property => names.includes(property.name) && property.listed === null)
    const [x, y, z, nx, ny, nz, r, g, b] = [find('x'), find('y'), find('z'), find('nx'), find('ny'), find('nz'), find('red', 'r', 'diffuse_red'), find('green', 'g', 'diffuse_green'), find('blue', 'b', 'diffuse_blue')] as const
    const list = properties.findIndex(property => property.listed !== null && /^vert(ex|ices)_ind(ex|ices)$/.test(property.name))
    const whole = properties[r] && !/^(float|double)/.test(properties[r].type) ? 255 : 1
    if (name === 'vertex' && Math.min(x, y, z) < 0) throw broken('its vertices have no places')
    for (let i = 0; i < count; i++) {
      const row = properties.map(take)
      const number = (at: number) => row[at] as number
      if (name === 'vertex') {
        vertices.push(number(x), number(y), number(z))
        if (Math.min(nx, ny, nz) >= 0) normals.push(number(nx), number(ny), number(nz))
        if (Math.min(r, g, b) >= 0) shades.push(shade(number(r) / whole), shade(number(g) / whole), shade(number(b) / whole))
      } else if (name === 'face' && list >= 0) {
        const corners = row[list] as number[]
        for (let k = 2; k < corners.length; k++) indices.push(corners[0] ?? 0, corners[k - 1] ?? 0, corners[k] ?? 0)
        if (indices.length / 3 > most.triangles) throw new UnreadableModel(`The model is too large: it has more than ${most.triangles.toLocaleString('en')} triangles.`)
      }
    }
  }
  if (vertices.length > 0 && indices.length === 0) throw new UnreadableModel('The PLY file has points, but no faces to show.')
  const assembly = emptyAssembly()
  const node = assembly.nodes.push({ name: '', parent: -1 }) - 1
  const colored = shades.length > 0 && shades.length === vertices.length
  // One colour all over is the part's.
  const plain = colored && shades.all.every((value, i, all) => value === all[i % 3])
  const [red = 0, green = 0, blue = 0] = plain ? shades.all : [255, 255, 255]
  const finish: Finish = colored ? { ...plainFinish, color: [red / 255, green / 255, blue / 255, 1] } : plainFinish
  const made = addPart(assembly, 'Surface', { indices: indices.all, positions: vertices.all, normals: normals.length === vertices.length ? Float32Array.from(normals.all) : null, ...colored && !plain && { colors: opaque(shades.all) } }, finish, 1)
  if (made) assembly.instances.push({ part: made.part, node, matrix: moved(zUp, made.shift) })
  return assembly
}

const opaque = (rgb: Uint8Array): Uint8Array => Uint8Array.from({ length: rgb.length / 3 * 4 }, (_, i) => i % 4 === 3 ? 255 : rgb[(i >> 2) * 3 + i % 4] ?? 0)

function readHeader (bytes: Buffer): Header {
  const end = /end_header\r?\n/.exec(bytes.toString('latin1', 0, 65_536))
  if (!end) throw broken('its header has no end')
  let format = ''
  const elements: Element[] = []
  for (const line of bytes.toString('latin1', 0, end.index).split(/\r?\n/)) {
    const [word, a = '', b = '', c = '', d = ''] = wordsOf(line)
    if (word === 'format') format = a
    else if (word === 'element') elements.push({ name: a, count: Number(b), properties: [] })
    else if (word === 'property') elements.at(-1)?.properties.push(a === 'list' ? { name: d, type: c, listed: b } : { name: b, type: a, listed: null })
  }
  if (!['ascii', 'binary_little_endian', 'binary_big_endian'].includes(format)) throw broken(`"${format.slice(0, 40)}" is no format of it`)
  const left = bytes.length - end.index - end[0].length
  for (const { name, count, properties } of elements) {
    const least = properties.reduce((sum, { type, listed }) => sum + (format === 'ascii' ? 1 : size(listed ?? type)), 0)
    if (!Number.isSafeInteger(count) || count < 0 || properties.length === 0) throw broken(`it says not how many ${name.slice(0, 40)} it has`)
    if (count * least > left) throw new UnreadableModel(`The PLY file is truncated: ${left} bytes cannot hold ${count} of its ${name.slice(0, 40)}.`)
  }
  return { format, elements, end: end.index + end[0].length }
}

function size (type: string): number {
  const known = Object.hasOwn(sizes, type) ? sizes[type] : undefined
  if (known === undefined) throw broken(`"${type.slice(0, 40)}" is no type of numbers`)
  return known
}

/** Takes the next value of the file: a number, or a list of them. */
type Taker = (property: Property) => number | number[]

function textTaker (bytes: Buffer, from: number): Taker {
  const words = wordsFrom(bytes, from)
  const next = () => {
    const { value, done } = words.next()
    if (done === true) throw new UnreadableModel('The PLY file is truncated: it ends before its last number.')
    return Number(value)
  }
  return ({ listed }) => listed === null ? next() : Array.from({ length: listLength(next(), bytes.length) }, next)
}

function * wordsFrom (bytes: Buffer, from: number): Generator<string, undefined> {
  for (const line of linesOf(bytes, from)) yield * wordsOf(line)
  return undefined
}

function binaryTaker (bytes: Buffer, from: number, big: boolean): Taker {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = from
  const next = (type: string) => {
    const width = size(type)
    if (at + width > bytes.length) throw new UnreadableModel('The PLY file is truncated: it ends before its last number.')
    at += width
    const here = at - width
    if (/^(float32|float)$/.test(type)) return view.getFloat32(here, !big)
    if (width === 8) return view.getFloat64(here, !big)
    const signed = !type.startsWith('u')
    if (width === 1) return signed ? view.getInt8(here) : view.getUint8(here)
    if (width === 2) return signed ? view.getInt16(here, !big) : view.getUint16(here, !big)
    return signed ? view.getInt32(here, !big) : view.getUint32(here, !big)
  }
  return ({ type, listed }) => listed === null ? next(type) : Array.from({ length: listLength(next(listed), (bytes.length - at) / size(type)) }, () => next(type))
}

function listLength (length: number, most: number): number {
  if (!Number.isInteger(length) || length < 0 || length > most) throw broken('a list is longer than the file')
  return length
}
