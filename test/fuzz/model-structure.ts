import { crc32 } from 'node:zlib'
import { unzipSync, zipSync } from 'fflate'
import { glb } from '../stream-server/support/glb.ts'
import { altered, type Pick } from './altered.ts'
import { mutated } from './mutation.ts'

/** Alters a sound file where its format has meaning, so that what looks at the whole first lets it through. */
export type Alter = (sound: Buffer, pick: Pick) => Buffer

const numbers = ['0', '1', '2', '3', '-1', '-2', '1e999', '-1e999', 'NaN', 'nan', 'inf', '1e308', '1e-320', '4294967295', '4294967296', '9007199254740993', '0x10', '1e3', '1.5', '', '1,5', '٣', '00', '+1', '1/2/3', '//']
const wrong = (pick: Pick): string => numbers[pick(numbers.length)] ?? ''
const edge = [0, 1, 2, 0x7f, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]
const at = <Value>(values: readonly Value[], pick: Pick): Value => values[pick(values.length)] as Value

/** A text with one to three of the matches of `pattern` replaced. */
function replaced (text: string, pattern: RegExp, pick: Pick, by: (found: string) => string): string {
  for (let times = 1 + pick(3); times > 0; times--) {
    const found = [...text.matchAll(pattern)]
    if (found.length === 0) break
    const { 0: old, index } = at(found, pick)
    text = text.slice(0, index) + by(old) + text.slice(index + old.length)
  }
  return text
}

/** Lines swapped, left out, doubled or repeated many times. */
function lines (text: string, pick: Pick): string {
  const all = text.split('\n')
  const [here, there] = [pick(all.length), pick(all.length)]
  const line = all[here] ?? ''
  switch (pick(4)) {
    case 0: all.splice(here, 1); break
    case 1: all.splice(there, 0, line); break
    case 2: all.splice(there, 0, ...Array<string>(at([10, 1000, 20_000], pick)).fill(line)); break
    default: [all[here], all[there]] = [all[there] ?? '', line]
  }
  return all.join('\n')
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

const meaningful = /^(count|byteOffset|byteLength|byteStride|componentType|type|buffer|bufferView|indices|POSITION|NORMAL|TEXCOORD_0|COLOR_0|mesh|children|nodes|node|parent|matrix|scale|mode|source|index|max|min|normalized|sparse|values|translation|rotation|material|primitives)$/

/** The document of a GLB, its chunks put together again; sometimes its bytes too. */
export const alterGlb: Alter = (sound, pick) => {
  const end = 20 + sound.readUInt32LE(12)
  const json = JSON.parse(sound.toString('utf8', 20, end)) as object
  const binary = Buffer.from(sound.subarray(end + 8))
  if (pick(4) === 0 && binary.length > 3) binary.writeUInt32LE(at(edge, pick), pick(binary.length - 3))
  const text = altered(json, pick, key => meaningful.test(key))
  const made = glbOf(text, pick(8) === 0 ? binary.subarray(0, pick(binary.length + 1)) : binary)
  if (pick(12) === 0) made.writeUInt32LE(at(edge, pick), at([4, 8, 12, 16], pick))
  return made
}

function glbOf (text: string, binary: Buffer): Buffer {
  const plain = Buffer.from(text)
  const made = glb({}, binary)
  const first = Buffer.concat([plain, Buffer.alloc(-plain.length & 3, ' ')])
  const head = Buffer.from(made.subarray(0, 20))
  head.writeUInt32LE(first.length, 12)
  const whole = Buffer.concat([head, first, made.subarray(20 + made.readUInt32LE(12))])
  whole.writeUInt32LE(whole.length, 8)
  return whole
}

/** The document of a text glTF. */
export const alterGltf: Alter = (sound, pick) => Buffer.from(altered(JSON.parse(sound.toString()) as object, pick, key => meaningful.test(key)))

/** The count and the numbers of a binary STL; the words of a text one. */
export const alterStl: Alter = (sound, pick) => {
  if (sound.toString('latin1', 0, 5) === 'solid') return latin1(pick(3) === 0 ? lines(sound.toString('latin1'), pick) : replaced(sound.toString('latin1'), /[-\d.]+|\b[a-z]+\b/g, pick, found => /\d/.test(found) ? wrong(pick) : at(['vertex', 'solid', 'endsolid', 'facet', 'endloop', ''], pick)))
  const made = Buffer.from(sound)
  for (let times = 1 + pick(3); times > 0; times--) {
    if (pick(4) === 0) made.writeUInt32LE(at([...edge, (made.length - 84) / 50 - 1], pick), 80)
    else if (pick(4) === 0) made.write(at(['solid', 'solid facet', '\0\0\0\0\0'], pick), 0, 'latin1')
    else made.writeFloatLE(at([NaN, Infinity, -Infinity, 3e38, 1e-44, 0, 1], pick), 84 + 50 * pick((made.length - 84) / 50) + 4 * pick(12))
  }
  return made
}

/** Words of the header of a PLY, and numbers of its body. */
export const alterPly: Alter = (sound, pick) => {
  const head = sound.indexOf('end_header\n')
  const header = sound.toString('latin1', 0, head)
  const body = Buffer.from(sound.subarray(head))
  if (pick(3) === 0) {
    if (header.includes('ascii')) return latin1(header + replaced(body.toString('latin1'), /(?<=\s)[-\d.]+/g, pick, () => wrong(pick)))
    body.writeUInt32LE(at(edge, pick), 11 + pick(body.length - 15))
    return Buffer.concat([latin1(header), body])
  }
  const types = ['char', 'uchar', 'short', 'ushort', 'int', 'uint', 'float', 'double', 'int8', 'float64', 'list', 'toString']
  const names = ['x', 'y', 'z', 'nx', 'red', 'vertex_indices', 'vertex', 'face', 'edge', '__proto__', 'property', 'element']
  const made = pick(3) === 0 ? lines(header, pick) : replaced(header, /\b\d+\b|\b[a-z_]+\b/g, pick, found => /\d/.test(found) ? wrong(pick) : types.includes(found) ? at(types, pick) : at(names, pick))
  return Buffer.concat([latin1(made), body])
}

/** Indices, numbers and key words of an OBJ. */
export const alterObj: Alter = (sound, pick) => {
  const text = sound.toString('latin1')
  switch (pick(5)) {
    case 0: return latin1(lines(text, pick))
    case 1: return latin1(replaced(text, /^f .*$/gm, pick, line => at([`${line} `.repeat(pick(500)), `${line} \\`, 'f', 'f 1', 'f 1 2', 'f -1 -2 -3', 'f 1/1/1 2//2 3', `f ${Array(5000).fill('1').join(' ')}`, '\\', '\\\n'.repeat(5000)], pick)))
    case 2: return latin1(replaced(text, /^[a-z]+\b/gm, pick, () => at(['v', 'vn', 'vt', 'f', 'o', 'g', 'usemtl', 'mtllib', 'l', 'p', 's', 'curv', '#', 'call'], pick)))
    default: return latin1(replaced(text, /(?<=[ /])-?[\d.]+/g, pick, () => wrong(pick)))
  }
}

/** Values of attributes, tags and their order in the model of a 3MF. */
const alterXml: Alter = (sound, pick) => {
  const text = sound.toString()
  switch (pick(4)) {
    case 0: return Buffer.from(replaced(text, /<[^>]*>/g, pick, tag => at([tag + tag, '', tag.replace('/>', '>'), tag.replace('>', '/>'), tag.repeat(1000), `<![CDATA[${tag}]]>`, `<!--${tag}`, '<!DOCTYPE a [<!ENTITY b "c">]>&b;', tag.replace(/\w+/, word => `m:${word}`)], pick)))
    case 1: return Buffer.from(replaced(text, /\b[a-z][\w]*(?==["'])/g, pick, () => at(['objectid', 'id', 'pid', 'pindex', 'v1', 'x', 'transform', 'unit', '__proto__', 'constructor'], pick)))
    default: return Buffer.from(replaced(text, /(?<==["'])[^"']*(?=["'])/g, pick, () => at([wrong(pick), '1 0 0 0 1 0 0 0 1 0 0', '1 0 0 0 1 0 0 0 1 0 0 1e999', '0 0 0 0 0 0 0 0 0 0 0 0', '2', '3', '#12345', '#GGGGGG', 'furlong', '&#0;', '&amp;', 'x'.repeat(70_000)], pick)))
  }
}

/** The entries of a 3MF: their content, their names, or what the archive says of them. */
export const alter3mf: Alter = (sound, pick) => {
  const entries = unzipSync(sound)
  const model = '3D/part.model'
  switch (pick(4)) {
    case 0: case 1: return Buffer.from(zipSync({ ...entries, [model]: alterXml(Buffer.from(entries[model] ?? []), pick) }))
    case 2: {
      const names = Object.keys(entries)
      const from = at(names, pick)
      const { [from]: content = new Uint8Array(), ...rest } = entries
      return Buffer.from(zipSync({ ...rest, [at(['../a', '/3D/part.model', '3D/PART.MODEL', 'a'.repeat(5000), '_rels/.rels', '3D/other.model', `${'d/'.repeat(500)}x`], pick)]: pick(2) === 0 ? content : alterXml(Buffer.from(content), pick) }))
    }
    default: {
      const made = Buffer.from(sound)
      const records = [0x04034b50, 0x02014b50, 0x06054b50].flatMap(signature => found(made, signature))
      const record = at(records, pick)
      for (let times = 1 + pick(2); times > 0; times--) {
        const place = record + 4 + pick(42)
        if (pick(2) === 0 && place + 4 <= made.length) made.writeUInt32LE(at(edge, pick), place)
        else if (place + 2 <= made.length) made.writeUInt16LE(at(edge, pick) & 0xffff, place)
      }
      return made
    }
  }
}

function found (bytes: Buffer, signature: number): number[] {
  const wanted = Buffer.alloc(4)
  wanted.writeUInt32LE(signature)
  const places: number[] = []
  for (let place = bytes.indexOf(wanted); place !== -1; place = bytes.indexOf(wanted, place + 1)) places.push(place)
  return places
}

/** Tokens of a STEP file: what is referred to, numbers, names, brackets. */
export const alterStep: Alter = (sound, pick) => {
  const text = sound.toString('latin1')
  const from = Math.max(0, text.indexOf('DATA;'))
  const [head, data] = [text.slice(0, from), text.slice(from)]
  const ids = data.match(/#\d+/g) ?? ['#1']
  const names = data.match(/\b[A-Z_]{4,}(?=\()/g) ?? ['X']
  switch (pick(6)) {
    case 0: return latin1(head + replaced(data, /\b[A-Z_]{4,}(?=\()/g, pick, () => at(names, pick)))
    case 1: return latin1(head + replaced(data, /\([^()]*\)/g, pick, inside => at(['()', '($)', '(*)', `(${inside})`, `${'('.repeat(500)}${')'.repeat(500)}`, inside.slice(0, -1), `(${Array(2000).fill(inside.slice(1, -1)).join(',')})`], pick)))
    case 2: return latin1(head + replaced(data, /-?\d+\.\d*(?:E[-+]?\d+)?/g, pick, () => at(['0.', '1.', '-1.', '1.E300', '1.E-300', '1.E999', 'NAN', '$', '5', '.T.', "'a'", '#1'], pick)))
    case 3: return latin1(head + lines(data, pick))
    default: return latin1(head + replaced(data, /#\d+/g, pick, () => at(['#0', '#-1', '#99999999', '#4294967297', at(ids, pick), at(ids, pick), at(ids, pick)], pick)))
  }
}

/** Numbers of IGES or BREP. */
export const alterNumbers: Alter = (sound, pick) => latin1(replaced(sound.toString('latin1'), /(?<=[\s,;])-?\d+(?:\.\d+)?(?=[\s,;])/g, pick, () => at(['0', '1', '2', '-1', '99999999', '1.E300', '1.'], pick)))

/** What the head of a PNG or JPEG says of its pixels; the checks of a PNG still hold. */
export const alterImage: Alter = (sound, pick) => {
  const made = Buffer.from(sound)
  if (made.readUInt16BE(0) === 0xffd8) {
    for (let place = 2; place + 9 < made.length && made[place] === 0xff; place += 2 + made.readUInt16BE(place + 2)) {
      const frame = [0xc0, 0xc1, 0xc2].includes(made[place + 1] ?? 0)
      if (frame || pick(4) === 0) made.writeUInt16BE(at([0, 1, 7, 17, 255, 4096, 65_535], pick), place + (frame ? at([5, 7], pick) : 2 + pick(4)))
      if (frame && pick(3) === 0) made[place + 9 + pick(8)] = pick(256)
    }
    return made
  }
  const times = 1 + pick(2)
  for (let i = 0; i < times; i++) {
    if (pick(2) === 0) made.writeUInt32BE(at([...edge, 7, 9, 64, 8193], pick), at([16, 20], pick))
    else made[24 + pick(5)] = at([0, 1, 2, 3, 4, 6, 8, 16, 255], pick)
  }
  if (pick(6) > 0) made.writeUInt32BE(checksum(made.subarray(12, 29)), 29)
  return made
}

/** As PNG wants it; Node has one since 20.15. */
const checksum = (bytes: Uint8Array): number => crc32(bytes)

/** Bytes first, and what they mean now and then. */
export const alterAny = (meaning: Alter): Alter => (sound, pick) => pick(4) === 0 ? mutated(sound, pick) : meaning(sound, pick)

/** What reads a format looks at first: whether it is one of it at all, whole, and of the parts it has to have. */
export const firstLooks = {
  stl: (bytes: Buffer) => (bytes.length >= 84 && 84 + 50 * bytes.readUInt32LE(80) <= bytes.length) || (/^\s*solid\b/.test(bytes.toString('latin1', 0, 100)) && bytes.includes('vertex')),
  ply: (bytes: Buffer) => /^ply\r?\n/.test(bytes.toString('latin1', 0, 5)) && ['format ', 'element vertex ', 'end_header'].every(word => bytes.includes(word)),
  obj: (bytes: Buffer) => bytes.includes('\nv ') && bytes.includes('\nf '),
  zip: (bytes: Buffer) => {
    try {
      return Object.keys(unzipSync(bytes)).length > 0
    } catch {
      return false
    }
  },
  glb: (bytes: Buffer) => bytes.length >= 20 && bytes.toString('latin1', 0, 4) === 'glTF' && bytes.readUInt32LE(4) === 2 && bytes.readUInt32LE(8) <= bytes.length && 20 + bytes.readUInt32LE(12) <= bytes.length && isJson(bytes.toString('utf8', 20, 20 + bytes.readUInt32LE(12))),
  gltf: (bytes: Buffer) => isJson(bytes.toString()),
  cad: (bytes: Buffer) => bytes.length > 100,
  step: (bytes: Buffer) => ['ISO-10303-21;', 'DATA;', 'ENDSEC;'].every(word => bytes.includes(word)),
  image: (bytes: Buffer) => bytes.length > 33 && (bytes.readUInt16BE(0) === 0xffd8 || (bytes.readUInt32BE(0) === 0x89504e47 && checksum(bytes.subarray(12, 29)) === bytes.readUInt32BE(29)))
}

function isJson (text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}
