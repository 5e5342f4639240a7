import { checkSize, emptyAssembly, plainFinish } from './assembly.ts'
import type { Assembly } from './assembly.ts'
import { Growing } from './growing.ts'
import { asUtf8, linesOf, wordsOf } from './lines.ts'
import { moved } from './matrix.ts'
import { addPart, zUp } from './raw-mesh.ts'
import { UnreadableModel } from './unreadable.ts'

/** STL knows no units; it is written in millimetres by those who print. */
const metres = 0.001
const head = 84
const each = 50

/** Reads STL, binary or text, one part per solid. Throws `UnreadableModel`. */
export function readStl (bytes: Buffer): Assembly {
  const assembly = emptyAssembly()
  const root = assembly.nodes.push({ name: '', parent: -1 }) - 1
  const add = (name: string, corners: Float64Array) => {
    const indices = Uint32Array.from({ length: corners.length / 3 }, (_, i) => i)
    const made = addPart(assembly, name, { indices, positions: corners, normals: null }, plainFinish, metres)
    if (!made) return
    const node = assembly.nodes.push({ name, parent: root }) - 1
    assembly.instances.push({ part: made.part, node, matrix: moved(zUp, made.shift) })
    checkSize(assembly)
  }
  if (isText(bytes)) readText(bytes, add)
  else readBinary(bytes, add)
  return assembly
}

function isText (bytes: Buffer): boolean {
  if (bytes.length >= head && head + each * bytes.readUInt32LE(80) === bytes.length) return false // Some begin with "solid" all the same.
  const start = bytes.toString('latin1', 0, 2048)
  return /^\s*solid\b/.test(start) && /\bfacet\b|\bendsolid\b/.test(start)
}

function readBinary (bytes: Buffer, add: (name: string, corners: Float64Array) => void): void {
  if (bytes.length < head) throw new UnreadableModel('The model file is not an STL file.')
  const count = bytes.readUInt32LE(80)
  if (head + each * count > bytes.length) throw new UnreadableModel(`The STL file is truncated: it has ${bytes.length} of ${head + each * count} bytes.`)
  const corners = new Float64Array(count * 9)
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < 9; k++) corners[i * 9 + k] = bytes.readFloatLE(head + i * each + 12 + k * 4)
  }
  add('Solid', corners)
}

function readText (bytes: Buffer, add: (name: string, corners: Float64Array) => void): void {
  let name = ''
  let corners = new Growing(Float64Array)
  const finish = () => {
    if (corners.length % 9 !== 0) throw new UnreadableModel('The STL file is broken: a facet has not three corners.')
    if (corners.length > 0) add(name, corners.all.slice())
    corners = new Growing(Float64Array)
  }
  for (const line of linesOf(bytes)) {
    const words = wordsOf(line)
    const word = words[0]?.toLowerCase()
    if (word === 'solid') {
      finish()
      name = asUtf8(words.slice(1).join(' ')) || 'Solid'
    }
    // Some write a whole facet in a line.
    for (let i = words.indexOf('vertex'); i !== -1; i = words.indexOf('vertex', i + 1)) corners.push(Number(words[i + 1]), Number(words[i + 2]), Number(words[i + 3]))
  }
  finish()
}
