import { Primitive } from '@gltf-transform/core'
import type { Accessor, Document, Material, Node } from '@gltf-transform/core'
import type { InstancedMesh } from '@gltf-transform/extensions'
import type { InstanceInfo, SceneNode } from '../protocol.ts'
import { boundsOf, weld, withFlatNormals } from './mesh.ts'
import type { Mesh } from './mesh.ts'
import { compose, largestScale, multiply, rounded, scaled } from './matrix.ts'
import { UnreadableModel } from './unreadable.ts'

/** A part before its levels are made: geometry in metres at scale 1, and the look of it. */
export interface SourcePart {
  name: string
  mesh: Mesh
  color: [number, number, number, number]
  metallic: number
  roughness: number
}

/** An assembly taken apart: every mesh once, and where its copies stand. */
export interface Assembly {
  nodes: SceneNode[]
  parts: SourcePart[]
  instances: InstanceInfo[]
}

/** Takes a glTF document apart. Throws `UnreadableModel` when there is nothing in it to show. */
export function takeApart (document: Document): Assembly {
  const root = document.getRoot()
  const scene = root.getDefaultScene() ?? root.listScenes()[0]
  const tops = scene?.listChildren() ?? root.listNodes().filter(node => node.getParentNode() === null)
  const found = new Map<Primitive, { part: number, scale: number } | null>()
  const assembly: Assembly = { nodes: [], parts: [], instances: [] }

  const visit = (node: Node, parent: number): void => {
    const index = assembly.nodes.push({ name: node.getName(), parent }) - 1
    const mesh = node.getMesh()
    for (const primitive of mesh?.listPrimitives() ?? []) {
      const places = placesOf(node)
      let known = found.get(primitive)
      if (known === undefined) {
        known = makePart(primitive, mesh?.getName() || node.getName() || `Part ${assembly.parts.length + 1}`, largestScale(places[0] ?? node.getWorldMatrix()), assembly.parts)
        found.set(primitive, known)
      }
      if (known === null) continue
      for (const place of places) assembly.instances.push({ part: known.part, node: index, matrix: rounded(scaled(place, 1 / known.scale)) })
    }
    for (const child of node.listChildren()) visit(child, index)
  }
  for (const top of tops) visit(top, -1)
  if (assembly.instances.length === 0) throw new UnreadableModel('The model has no triangles to show.')
  return assembly
}

/** World matrices of a node: one, or as many as `EXT_mesh_gpu_instancing` asks for. */
function placesOf (node: Node): number[][] {
  const world = node.getWorldMatrix()
  const instanced = node.getExtension<InstancedMesh>('EXT_mesh_gpu_instancing')
  if (!instanced) return [world]
  const [translation, rotation, scale] = ['TRANSLATION', 'ROTATION', 'SCALE'].map(name => instanced.getAttribute(name))
  const count = (translation ?? rotation ?? scale)?.getCount() ?? 0
  return Array.from({ length: count }, (_, i) => multiply(world, compose(
    translation?.getElement(i, []) ?? [0, 0, 0], rotation?.getElement(i, []) ?? [0, 0, 0, 1], scale?.getElement(i, []) ?? [1, 1, 1])))
}

function makePart (primitive: Primitive, name: string, scale: number, parts: SourcePart[]): { part: number, scale: number } | null {
  const position = primitive.getAttribute('POSITION')
  const indices = position && triangles(primitive, position.getCount())
  if (!position || !indices || indices.length < 3 || !(scale > 0) || !Number.isFinite(scale)) return null
  const positions = floats(position, scale)
  const normal = primitive.getAttribute('NORMAL')
  const mesh = weld(normal?.getCount() === position.getCount() ? { indices, positions, normals: floats(normal, 1) } : withFlatNormals(indices, positions))
  const { min, max } = boundsOf(mesh.positions)
  if (mesh.indices.length === 0) return null
  if (![...min, ...max].every(Number.isFinite)) throw new UnreadableModel(`The part "${name}" has coordinates that are not numbers.`)
  parts.push({ name, mesh, ...finish(primitive.getMaterial()) })
  return { part: parts.length - 1, scale }
}

function finish (material: Material | null): Pick<SourcePart, 'color' | 'metallic' | 'roughness'> {
  if (!material) return { color: [0.6, 0.62, 0.65, 1], metallic: 0, roughness: 0.6 }
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
  if (indices.some(index => index >= vertices)) throw new UnreadableModel('The model is broken: a triangle names a vertex that does not exist.')
  return indices
}
