import { checkSize, emptyAssembly, plainFinish } from './assembly.ts'
import type { Assembly, Finish } from './assembly.ts'
import { Congruence } from './congruence.ts'
import { multiply } from './matrix.ts'
import { addPart, zUp } from './raw-mesh.ts'
import type { ReadingProgress } from './read-model.ts'
import { UnreadableModel } from './unreadable.ts'

const cadFormats = ['STEP', 'IGES', 'BREP'] as const
export type CadFormat = typeof cadFormats[number]
export const isCad = (format: string): format is CadFormat => cadFormats.some(each => each === format)

/** Of the whole preparation, as it is with assemblies of some hundred kilobytes: what is done when each step begins. */
const shares = { starting: 0.01, reading: 0.05, assembling: 0.85, done: 0.88 }

/** Of the model's size, how far triangles may be from the true surface; and the largest bend between them, radians. */
const deflection = { linearDeflectionType: 'bounding_box_ratio', linearDeflection: 0.001, angularDeflection: 0.4 }

interface Face { first: number, last: number, color: [number, number, number] | null }
interface CadMesh {
  name?: string
  color?: [number, number, number]
  brep_faces?: Face[]
  attributes: { position: { array: number[] }, normal?: { array: number[] } }
  index: { array: number[] }
}
interface CadNode { name?: string, meshes: number[], children: CadNode[] }
interface CadResult { success: boolean, root?: CadNode, meshes?: CadMesh[] }
type Reader = (content: Uint8Array, parameters: object) => CadResult | null
export type CadLibrary = Record<'ReadStepFile' | 'ReadIgesFile' | 'ReadBrepFile', Reader>

/** Reads STEP, IGES or BREP with the optional package occt-import-js: tree, names, colours; parts that are alike are shared. Z up becomes Y up. Throws `UnreadableModel`. */
export async function readCad (bytes: Buffer, format: CadFormat, progress: ReadingProgress = () => {}, library = loadLibrary): Promise<Assembly> {
  progress(shares.starting, 'Starting the CAD library')
  const occt = await library(format)
  let result: CadResult | null
  // One call, which says nothing until it is through, and is most of the work.
  progress(shares.reading, `Reading the ${format} file and making triangles of its surfaces`)
  try {
    result = { STEP: occt.ReadStepFile, IGES: occt.ReadIgesFile, BREP: occt.ReadBrepFile }[format](bytes, { linearUnit: 'meter', ...deflection })
  } catch (error) {
    started = null // Nobody knows what state it is in.
    throw new UnreadableModel(`The ${format} file is broken, or too large: reading it failed.`, { cause: error })
  }
  if (result?.success !== true || !result.root || !result.meshes) throw new UnreadableModel(`The ${format} file cannot be read: it is broken or incomplete.`)
  progress(shares.assembling, 'Looking for parts that are alike')
  return assemble(result.root, result.meshes, format, share => { progress(shares.assembling + share * (shares.done - shares.assembling), 'Looking for parts that are alike') })
}

let started: Promise<CadLibrary> | null = null

async function loadLibrary (format: CadFormat): Promise<CadLibrary> {
  let start: (settings: object) => Promise<CadLibrary>
  try {
    start = (await import('occt-import-js')).default
  } catch (error) {
    throw new UnreadableModel(`${format} files need the optional package occt-import-js, which is not installed here.`, { cause: error })
  }
  started ??= start({ print: () => {}, printErr: () => {} })
  return await started
}

function assemble (root: CadNode, meshes: CadMesh[], format: CadFormat, progress: (share: number) => void): Assembly {
  const assembly = emptyAssembly()
  // A BREP file has no unit; what writes it counts in millimetres.
  const metres = format === 'BREP' ? 0.001 : 1
  const congruence = new Congruence()
  let taken = 0
  const ahead = [{ node: root, parent: -1 }]
  for (let next; (next = ahead.pop()) !== undefined;) {
    const { node, parent } = next
    const index = assembly.nodes.push({ name: node.name ?? '', parent }) - 1
    for (const mesh of node.meshes) {
      progress(taken++ / meshes.length)
      const found = meshes[mesh]
      if (!found) continue
      const name = found.name || node.name || ''
      for (const { finish, indices } of colored(found, format)) {
        const raw = { indices, positions: Float64Array.from(found.attributes.position.array), normals: normalsOf(found) }
        const like = congruence.find(raw, JSON.stringify(finish))
        if (like) {
          const [part, way] = like
          assembly.instances.push({ part, node: index, matrix: multiply(zUp, inMetres(way, metres)) })
          continue
        }
        const made = addPart(assembly, name, raw, finish, metres)
        if (!made) continue
        const shift = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, ...made.shift, 1]
        assembly.instances.push({ part: made.part, node: index, matrix: multiply(zUp, shift) })
        congruence.remember(raw, JSON.stringify(finish), made.part, made.shift.map(value => value / metres))
      }
    }
    checkSize(assembly)
    for (const child of [...node.children].reverse()) ahead.push({ node: child, parent: index })
  }
  return assembly
}

const inMetres = (matrix: number[], metres: number) => matrix.map((value, i) => i >= 12 && i < 15 ? value * metres : value)

function normalsOf ({ attributes: { position, normal } }: CadMesh): Float32Array | null {
  return normal && normal.array.length === position.array.length ? Float32Array.from(normal.array) : null
}

/** The triangles of a mesh by colour: faces may have one of their own. */
function colored (mesh: CadMesh, format: CadFormat): { finish: Finish, indices: Uint32Array }[] {
  const groups = new Map<string, number[]>()
  const faces = mesh.brep_faces ?? []
  const group = (color: Face['color'] | undefined) => {
    const key = JSON.stringify(color ?? null)
    const known = groups.get(key) ?? []
    groups.set(key, known)
    return known
  }
  if (faces.every(({ color }) => JSON.stringify(color ?? mesh.color) === JSON.stringify(mesh.color))) return [{ finish: finishOf(mesh.color ?? null, format), indices: Uint32Array.from(mesh.index.array) }]
  for (const { first, last, color } of faces) {
    const triangles = group(color ?? mesh.color)
    for (let i = first * 3; i < (last + 1) * 3 && i < mesh.index.array.length; i++) triangles.push(mesh.index.array[i] ?? 0)
  }
  return [...groups].map(([key, indices]) => ({ finish: finishOf(JSON.parse(key) as Face['color'], format), indices: Uint32Array.from(indices) }))
}

/** IGES files that say nothing of colours come out black. */
function finishOf (color: Face['color'], format: CadFormat): Finish {
  if (!color || (format === 'IGES' && color.every(value => value === 0))) return plainFinish
  return { ...plainFinish, color: [color[0], color[1], color[2], 1] }
}
