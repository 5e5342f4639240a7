import { checkSize, emptyAssembly, linear, most, plainFinish } from './assembly.ts'
import type { Assembly, Finish } from './assembly.ts'
import { Growing } from './growing.ts'
import { multiply, moved } from './matrix.ts'
import { addPart, yUp, zUp } from './raw-mesh.ts'
import { UnreadableModel } from './unreadable.ts'
import { tagsOf } from './xml-tags.ts'
import type { Tag } from './xml-tags.ts'
import { zipEntries } from './zip-entries.ts'

const units: Record<string, number> = { micron: 1e-6, millimeter: 0.001, centimeter: 0.01, inch: 0.0254, foot: 0.3048, meter: 1 }
const mostUnpackedBytes = 2 ** 29
const deepest = 64

interface Component { object: string, transform: number[] }
interface MeshObject {
  name: string
  vertices: Growing<Float64Array>
  /** Triangles by look. */
  triangles: Map<Finish, Growing<Uint32Array>>
  components: Component[]
}

/** What all model files of an archive say; objects and looks by `<file>#<id>`. */
interface Package {
  objects: Map<string, MeshObject>
  looks: Map<string, Finish[]>
  items: Component[]
  metres: Map<string, number>
  triangles: number
}

/** Reads 3MF: objects, components, colours, in the file's unit; Z up becomes Y up. Throws `UnreadableModel`. */
export function read3mf (bytes: Buffer): Assembly {
  const files = zipEntries(bytes, name => /\.(model|rels)$/i.test(name), mostUnpackedBytes)
  const main = mainModel(files)
  const found: Package = { objects: new Map(), looks: new Map(), items: [], metres: new Map(), triangles: 0 }
  for (const [path, file] of files) if (/\.model$/i.test(path)) readModelFile(path, file, found, path === main)
  return build(found, main)
}

function mainModel (files: Map<string, Buffer>): string {
  for (const { name, attributes } of tagsOf(files.get('_rels/.rels') ?? Buffer.alloc(0))) {
    const target = attributes['Target']?.replace(/^\//, '')
    if (name === 'Relationship' && attributes['Type']?.endsWith('/3dmodel') === true && target !== undefined && files.has(target)) return target
  }
  const model = [...files.keys()].find(name => /\.model$/i.test(name))
  if (model === undefined) throw new UnreadableModel('The archive is not a 3MF file: there is no model in it.')
  return model
}

function readModelFile (path: string, file: Buffer, found: Package, isMain: boolean): void {
  const id = (of: string | undefined, at = path) => `${at.replace(/^\//, '')}#${of ?? ''}`
  let object: MeshObject | null = null
  let plain: Finish = plainFinish
  let look: Finish[] = []
  const finishAt = (pid: string | undefined, index: string | undefined): Finish | undefined => found.looks.get(id(pid))?.[Number(index ?? 0)]
  found.metres.set(path, 0.001)
  for (const { name, kind, attributes } of tagsOf(file)) {
    if (kind === 'close') continue
    switch (name) {
      case 'model': found.metres.set(path, Object.hasOwn(units, attributes['unit'] ?? '') ? units[attributes['unit'] ?? ''] ?? 0.001 : 0.001); break
      case 'basematerials': case 'colorgroup':
        look = []
        found.looks.set(id(attributes['id']), look)
        break
      case 'base': look.push(finishOf(attributes['displaycolor'])); break
      case 'color': look.push(finishOf(attributes['color'])); break
      case 'object':
        object = { name: attributes['name'] ?? '', vertices: new Growing(Float64Array), triangles: new Map(), components: [] }
        plain = finishAt(attributes['pid'], attributes['pindex']) ?? plainFinish
        found.objects.set(id(attributes['id']), object)
        if (found.objects.size > most.nodes) throw new UnreadableModel(`The model is too large: it has more than ${most.nodes.toLocaleString('en')} objects.`)
        break
      case 'vertex': object?.vertices.push(Number(attributes['x']), Number(attributes['y']), Number(attributes['z'])); break
      case 'triangle': if (object) addTriangle(object, attributes, attributes['pid'] === undefined && attributes['p1'] === undefined ? plain : finishAt(attributes['pid'], attributes['p1']) ?? plain, found); break
      case 'component': object?.components.push({ object: id(attributes['objectid'], attributes['path'] ?? path), transform: transformOf(attributes['transform']) }); break
      case 'item': if (isMain) found.items.push({ object: id(attributes['objectid'], attributes['path'] ?? path), transform: transformOf(attributes['transform']) })
    }
  }
}

function addTriangle (object: MeshObject, { v1, v2, v3 }: Tag['attributes'], finish: Finish, found: Package): void {
  let list = object.triangles.get(finish)
  if (!list) object.triangles.set(finish, list = new Growing(Uint32Array))
  const corners = [v1, v2, v3].map(Number) as [number, number, number]
  if (!corners.every(corner => Number.isInteger(corner) && corner >= 0 && corner < object.vertices.length / 3)) throw new UnreadableModel('The 3MF file is broken: a triangle names a vertex that does not exist.')
  list.push(...corners)
  if (++found.triangles > most.triangles) throw new UnreadableModel(`The model is too large: it has more than ${most.triangles.toLocaleString('en')} triangles.`)
}

function build ({ objects, items, metres }: Package, main: string): Assembly {
  const assembly = emptyAssembly()
  const made = new Map<MeshObject, { part: number, shift: [number, number, number] }[]>()
  const unit = metres.get(main) ?? 0.001
  const counts = new Map<string, number>()
  if (items.reduce((sum, { object }) => sum + countOf(object, objects, counts, 0), 0) > most.instances) throw new UnreadableModel(`The model is too large: it has more than ${most.instances.toLocaleString('en')} placed objects.`)
  const ahead = items.map(item => ({ ...item, parent: -1, world: zUp })).reverse()
  for (let next; (next = ahead.pop()) !== undefined;) {
    const { object: key, transform, parent, world: outer } = next
    const object = objects.get(key)
    if (!object) continue
    const world = multiply(outer, transform.map((value, i) => i >= 12 && i < 15 ? value * unit : value))
    const node = assembly.nodes.push({ name: object.name, parent }) - 1
    let parts = made.get(object)
    if (!parts) made.set(object, parts = partsOf(object, assembly, unit))
    for (const { part, shift } of parts) assembly.instances.push({ part, node, matrix: moved(world, shift) })
    for (const component of object.components.toReversed()) ahead.push({ ...component, parent: node, world })
    checkSize(assembly)
  }
  return assembly
}

/** How many objects one becomes with all that it is made of: a few lines can ask for more than there are atoms. */
function countOf (key: string, objects: Package['objects'], counts: Map<string, number>, depth: number): number {
  const known = counts.get(key)
  if (known !== undefined) return known
  const object = objects.get(key)
  if (!object) throw new UnreadableModel('The 3MF file is broken: an object that it builds does not exist.')
  if (depth > deepest) throw new UnreadableModel('The 3MF file is broken: its objects contain each other.')
  const count = 1 + object.components.reduce((sum, component) => sum + countOf(component.object, objects, counts, depth + 1), 0)
  counts.set(key, count)
  return count
}

function partsOf ({ name, vertices, triangles }: MeshObject, assembly: Assembly, unit: number) {
  return [...triangles].flatMap(([finish, indices]) => {
    const made = addPart(assembly, name || 'Object', { indices: indices.all.slice(), positions: vertices.all, normals: null }, finish, unit)
    return made ? [made] : []
  })
}

/** `#RRGGBB` or `#RRGGBBAA`, sRGB. */
function finishOf (color: string | undefined): Finish {
  const [, r, g, b, a] = /^#(..)(..)(..)(..)?$/.exec(color ?? '') ?? []
  const values = [r, g, b].map(text => linear(parseInt(text ?? '', 16) / 255)) as [number, number, number]
  const alpha = a === undefined ? 1 : parseInt(a, 16) / 255
  return values.every(Number.isFinite) && Number.isFinite(alpha) ? { ...plainFinish, color: [...values, alpha] } : { ...plainFinish }
}

/** Twelve numbers, row by row of a matrix that stands to the right of a vector. */
function transformOf (text: string | undefined): number[] {
  const m = (text ?? '').trim().split(/\s+/).map(Number)
  if (m.length !== 12) return yUp
  return [0, 1, 2, 3].flatMap(row => [...m.slice(row * 3, row * 3 + 3), row === 3 ? 1 : 0])
}
