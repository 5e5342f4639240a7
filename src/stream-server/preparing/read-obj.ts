import { checkSize, emptyAssembly, most, plainFinish } from './assembly.ts'
import type { Assembly, Finish } from './assembly.ts'
import { Growing } from './growing.ts'
import { asUtf8, linesOf, wordsOf } from './lines.ts'
import { moved } from './matrix.ts'
import { readMtl } from './read-mtl.ts'
import { addPart, yUp } from './raw-mesh.ts'
import type { Source } from './source.ts'
import { UnreadableModel } from './unreadable.ts'

/** Triangles of one object in one material. */
interface Group {
  object: string
  material: string
  /** Index of the place, index of the normal or -1, per corner. */
  corners: Growing<Uint32Array>
  normals: Growing<Uint32Array>
}

const none = 0xffffffff
/** Characters of a line that goes on over several, at most. */
const longestLine = 1e6
const units: [RegExp, number][] = [[/millimet|\bmm\b/i, 0.001], [/centimet|\bcm\b/i, 0.01], [/\binch|\bin\b/i, 0.0254], [/\bfeet|\bfoot/i, 0.3048], [/\bmet(er|re)|\bm\b/i, 1]]

/** Reads Wavefront OBJ with the colours of its materials: a part per object and material, Y up, in metres where no comment says otherwise. Throws `UnreadableModel`. */
export async function readObj (source: Source): Promise<Assembly> {
  const assembly = emptyAssembly()
  const positions = new Growing(Float64Array)
  const normals = new Growing(Float64Array)
  const groups = new Map<string, Group>()
  const materials = new Map<string, Finish>()
  let object = ''
  let material = ''
  let metres = 1
  let pending: string[] = []
  let pendingLength = 0
  let triangles = 0
  for (const read of linesOf(source.bytes)) {
    if (read.endsWith('\\') && (pendingLength += read.length) < longestLine) {
      pending.push(read.slice(0, -1))
      continue
    }
    const line = pending.length === 0 ? read : [...pending, read].join(' ')
    pending = []
    pendingLength = 0
    const [word, ...words] = wordsOf(line)
    switch (word) {
      case '#':
        if (/\bunits?\b/i.test(line)) metres = units.find(([name]) => name.test(line.replace(/.*\bunits?\b/i, '')))?.[1] ?? metres
        break
      case 'v': positions.push(Number(words[0]), Number(words[1]), Number(words[2])); break
      case 'vn': normals.push(Number(words[0]), Number(words[1]), Number(words[2])); break
      case 'o': case 'g': object = asUtf8(words.join(' ')); break
      case 'usemtl': material = words.join(' '); break
      case 'mtllib': await takeMaterials(source, asUtf8(words.join(' ')), materials, assembly.warnings); break
      case 'f': {
        const key = JSON.stringify([object, material])
        let group = groups.get(key)
        if (!group) groups.set(key, group = { object, material, corners: new Growing(Uint32Array), normals: new Growing(Uint32Array) })
        const corners = words.map(corner => cornerOf(corner, positions.length / 3, normals.length / 3))
        for (let i = 2; i < corners.length; i++) {
          const [a, b, c] = [corners[0], corners[i - 1], corners[i]]
          if (!a || !b || !c) continue
          group.corners.push(a[0], b[0], c[0])
          group.normals.push(a[1], b[1], c[1])
          triangles++
        }
        if (triangles > most.triangles) throw new UnreadableModel(`The model is too large: it has more than ${most.triangles.toLocaleString('en')} triangles.`)
        if (groups.size > most.parts) checkSize({ ...assembly, parts: new Array<never>(groups.size) })
      }
    }
  }
  const root = assembly.nodes.push({ name: '', parent: -1 }) - 1
  for (const group of groups.values()) {
    const name = group.object || group.material || 'Surface'
    const made = addPart(assembly, name, meshOf(group, positions, normals), materials.get(group.material) ?? plainFinish, metres)
    if (!made) continue
    const node = assembly.nodes.push({ name, parent: root }) - 1
    assembly.instances.push({ part: made.part, node, matrix: moved(yUp, made.shift) })
  }
  return assembly
}

/** `place/texture/normal`, counted from 1, or from the last one when negative. */
function cornerOf (text: string, places: number, normals: number): [number, number] {
  const [place, , normal] = text.split('/')
  const index = (word: string | undefined, count: number) => {
    const number = Number(word)
    if (word === undefined || word === '') return none
    const found = number < 0 ? count + number : number - 1
    if (!Number.isInteger(found) || found < 0 || found >= count) throw new UnreadableModel('The OBJ file is broken: a face names a vertex that does not exist.')
    return found
  }
  const found = index(place, places)
  if (found === none) throw new UnreadableModel('The OBJ file is broken: a face names a vertex that does not exist.')
  return [found, index(normal, normals)]
}

/** The vertices that a group uses, each pair of place and normal once. */
function meshOf ({ corners, normals: named }: Group, positions: Growing<Float64Array>, normals: Growing<Float64Array>) {
  const complete = !named.all.includes(none)
  const known = new Map<number, number>()
  const places = new Growing(Float64Array)
  const directions = new Growing(Float64Array)
  const indices = new Uint32Array(corners.length)
  for (let i = 0; i < corners.length; i++) {
    const place = corners.at(i)
    const normal = complete ? named.at(i) : 0
    const key = place * 2 ** 26 + normal
    let index = known.get(key)
    if (index === undefined) {
      index = places.length / 3
      known.set(key, index)
      places.push(positions.at(place * 3), positions.at(place * 3 + 1), positions.at(place * 3 + 2))
      if (complete) directions.push(normals.at(normal * 3), normals.at(normal * 3 + 1), normals.at(normal * 3 + 2))
    }
    indices[i] = index
  }
  return { indices, positions: places.all, normals: complete ? Float32Array.from(directions.all) : null }
}

/** A material file that is missing costs the colours, nothing else. */
async function takeMaterials (source: Source, name: string, materials: Map<string, Finish>, warnings: string[]): Promise<void> {
  try {
    for (const [material, finish] of readMtl(await source.neighbour(name.replaceAll('\\', '/')))) materials.set(material, finish)
  } catch (error) {
    if (!(error instanceof UnreadableModel)) throw error
    if (warnings.length < 20) warnings.push(error.message)
  }
}
