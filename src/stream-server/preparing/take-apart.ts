import { Primitive } from '@gltf-transform/core'
import type { Accessor, Document, Material, Node } from '@gltf-transform/core'
import type { InstancedMesh } from '@gltf-transform/extensions'
import { checkSize, emptyAssembly, most, plainFinish } from './assembly.ts'
import type { Assembly, Finish } from './assembly.ts'
import type { GltfTextures, Texturing } from './gltf-textures.ts'
import { cornered, weld, withFlatNormals } from './mesh.ts'
import type { Mesh } from './mesh.ts'
import { compose, largestScale, multiply, scaled } from './matrix.ts'
import { UnreadableModel } from './unreadable.ts'

const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]

/** Takes a glTF document apart. Throws `UnreadableModel` when a part of it is broken, or it is too large. */
export function takeApart (document: Document, { textures, ofMaterial, warnings }: GltfTextures): Assembly {
  const root = document.getRoot()
  const scene = root.getDefaultScene() ?? root.listScenes()[0]
  const tops = scene?.listChildren() ?? root.listNodes().filter(node => node.getParentNode() === null)
  const assembly: Assembly = { ...emptyAssembly(), textures, warnings: [...warnings] }
  const texturing = new Map([...ofMaterial].map(([material, how]) => [root.listMaterials()[material] ?? null, how]))
  const parts = new PartMaker(assembly, texturing)
  const seen = new Set<Node>()
  let flat = 0

  const ahead = tops.map(node => ({ node, parent: -1, world: identity })).reverse()
  for (let next; (next = ahead.pop()) !== undefined;) {
    const { node, parent, world: outer } = next
    if (seen.has(node)) continue // A node has one place; a second one is a mistake, or a circle.
    seen.add(node)
    const world = multiply(outer, node.getMatrix())
    const index = assembly.nodes.push({ name: node.getName(), parent }) - 1
    const mesh = node.getMesh()
    if (mesh) {
      const places = placesOf(node, world, most.instances - assembly.instances.length)
      const standing = places.filter(place => usable(largestScale(place)))
      flat += places.length - standing.length
      for (const primitive of mesh.listPrimitives()) {
        const known = standing[0] && parts.of(primitive, mesh.getName() || node.getName(), largestScale(standing[0]))
        for (const place of known ? standing : []) if (known) assembly.instances.push({ part: known.part, node: index, matrix: scaled(place, 1 / known.scale) })
        checkSize(assembly)
      }
    }
    for (const child of node.listChildren().reverse()) ahead.push({ node: child, parent: index, world })
  }
  if (flat > 0) assembly.warnings.push(`${flat} placed parts are left out: they have no size, or their places are not numbers.`)
  return assembly
}

const usable = (scale: number) => scale > 0 && Number.isFinite(scale)

/** World matrices of a node's mesh: one, or as many as `EXT_mesh_gpu_instancing` asks for. */
function placesOf (node: Node, world: number[], limit: number): number[][] {
  const instanced = node.getExtension<InstancedMesh>('EXT_mesh_gpu_instancing')
  if (!instanced) return [world]
  const [translation, rotation, scale] = ['TRANSLATION', 'ROTATION', 'SCALE'].map(name => instanced.getAttribute(name))
  const count = (translation ?? rotation ?? scale)?.getCount() ?? 0
  if (count > limit) throw new UnreadableModel(`The model is too large: it has more than ${most.instances.toLocaleString('en')} placed parts.`)
  return Array.from({ length: count }, (_, i) => multiply(world, compose(
    translation?.getElement(i, []) ?? [0, 0, 0], rotation?.getElement(i, []) ?? [0, 0, 0, 1], scale?.getElement(i, []) ?? [1, 1, 1])))
}

/** Makes a part of every primitive, once; its size is that of its first copy. */
class PartMaker {
  #assembly: Assembly
  #texturing: Map<Material | null, Texturing>
  #made = new Map<Primitive, { part: number, scale: number } | null>()
  #triangles = 0

  constructor (assembly: Assembly, texturing: Map<Material | null, Texturing>) {
    this.#assembly = assembly
    this.#texturing = texturing
  }

  /** The part of a primitive and the scale that went into it; `null` when it has nothing to show. */
  of (primitive: Primitive, name: string, scale: number): { part: number, scale: number } | null {
    const known = this.#made.get(primitive)
    if (known !== undefined) return known
    const material = primitive.getMaterial()
    const texturing = material === null ? undefined : this.#texturing.get(material)
    const mesh = meshOf(primitive, scale, texturing)
    if (mesh === null || mesh.indices.length === 0) {
      this.#made.set(primitive, null)
      return null
    }
    this.#triangles += mesh.indices.length / 3
    if (this.#triangles > most.triangles) throw new UnreadableModel(`The model is too large: its parts have more than ${most.triangles.toLocaleString('en')} triangles.`)
    const made = { part: this.#assembly.parts.push({ name, mesh, ...finishOf(material), ...texturing !== undefined && mesh.uvs !== undefined ? { texture: texturing.texture } : {} }) - 1, scale }
    this.#made.set(primitive, made)
    return made
  }
}

function meshOf (primitive: Primitive, scale: number, texturing: Texturing | undefined): Mesh | null {
  const position = primitive.getAttribute('POSITION')
  const indices = position && triangles(primitive, position.getCount())
  if (!position || !indices || indices.length < 3) return null
  const positions = floats(position, scale)
  const normal = primitive.getAttribute('NORMAL')
  const count = position.getCount()
  const uvs = texturing && texturePlaces(primitive.getAttribute(`TEXCOORD_${texturing.texCoord}`), count, texturing)
  const colors = vertexColors(primitive.getAttribute('COLOR_0'), count)
  const more = { ...uvs && { uvs }, ...colors && { colors } }
  if (normal?.getCount() === count) return weld({ indices, positions, normals: floats(normal, 1), ...more })
  return weld({ ...withFlatNormals(indices, positions), ...cornered(more, indices) })
}

function texturePlaces (accessor: Accessor | null, count: number, { transform: [a, b, c, d, e, f] }: Texturing): Float32Array | undefined {
  if (accessor?.getCount() !== count || accessor.getElementSize() !== 2) return undefined
  const uvs = new Float32Array(count * 2)
  const element = [0, 0]
  const sound = (value: number) => Math.abs(value) < 1e6 ? value + 0 : 0
  for (let i = 0; i < count; i++) {
    const [u = 0, v = 0] = accessor.getElement(i, element)
    uvs[i * 2] = sound(a * u + b * v + c)
    uvs[i * 2 + 1] = sound(d * u + e * v + f)
  }
  return uvs
}

/** Linear RGBA in bytes; nothing where all is white. */
function vertexColors (accessor: Accessor | null, count: number): Uint8Array | undefined {
  if (accessor?.getCount() !== count || accessor.getElementSize() < 3) return undefined
  const colors = new Uint8Array(count * 4).fill(255)
  const element = [1, 1, 1, 1]
  for (let i = 0; i < count; i++) {
    accessor.getElement(i, element)
    for (let k = 0; k < accessor.getElementSize(); k++) colors[i * 4 + k] = Math.round(Math.min(1, Math.max(0, element[k] ?? 1)) * 255)
  }
  return colors.some(value => value !== 255) ? colors : undefined
}

function finishOf (material: Material | null): Finish {
  if (!material) return plainFinish
  const [r, g, b, a] = material.getBaseColorFactor()
  return { color: [r, g, b, material.getAlphaMode() === 'BLEND' ? a : 1], metallic: material.getMetallicFactor(), roughness: material.getRoughnessFactor() }
}

function floats (accessor: Accessor, factor: number): Float32Array {
  const values = new Float32Array(accessor.getCount() * 3)
  const element = [0, 0, 0]
  for (let i = 0; i < accessor.getCount(); i++) {
    accessor.getElement(i, element)
    for (let k = 0; k < 3; k++) values[i * 3 + k] = (element[k] ?? 0) * factor + 0 // + 0 makes one zero of the two
  }
  return values
}

/** Triangle indices of a primitive; `null` for points and lines. Throws `UnreadableModel` when they point outside. */
function triangles (primitive: Primitive, vertices: number): Uint32Array | null {
  const list = primitive.getIndices()?.getArray() ?? Uint32Array.from({ length: vertices }, (_, i) => i)
  const { TRIANGLES, TRIANGLE_STRIP, TRIANGLE_FAN } = Primitive.Mode
  const mode = primitive.getMode()
  let indices: Uint32Array
  if (mode === TRIANGLES) indices = Uint32Array.from(list.subarray(0, list.length - list.length % 3))
  else if (mode === TRIANGLE_STRIP || mode === TRIANGLE_FAN) {
    indices = new Uint32Array(Math.max(0, list.length - 2) * 3)
    for (let i = 0; i + 2 < list.length; i++) {
      const odd = mode === TRIANGLE_STRIP ? i % 2 : 0
      indices.set([list[mode === TRIANGLE_FAN ? 0 : i] ?? 0, list[i + 1 + odd] ?? 0, list[i + 2 - odd] ?? 0], i * 3)
    }
  } else return null
  if (indices.some(index => !(index < vertices))) throw new UnreadableModel('The model is broken: a triangle names a vertex that does not exist.')
  return indices
}
