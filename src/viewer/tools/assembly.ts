import { Box3, Matrix4, Vector3 } from 'three'
import { trianglesOf } from '../../stream-server/pieces.ts'
import type { SceneMessage } from '../../stream-server/protocol.ts'
import { Extent } from '../extent.ts'
import type { Displacement } from './displacement.ts'

/** What is known of one selected instance, or of several together. */
export interface Properties {
  name: string
  /** Name of the part, when all are of one. */
  part: string | undefined
  /** How many are meant. */
  count: number
  /** How often the part stands in the whole assembly; undefined for several parts. */
  instances: number | undefined
  /** At full detail. */
  triangles: number
  /** Extent along x, y and z in metres. */
  size: [number, number, number]
}

/** The scene's tree and boxes, looked at from the instances. */
export class Assembly {
  readonly scene: SceneMessage
  /** World boxes of all instances, as the scene has them: six numbers each, least then largest corner. */
  readonly boxes: Float64Array
  readonly #children = new Map<number, number[]>()
  readonly #instancesOf = new Map<number, number[]>()
  readonly #perPart: Uint32Array

  constructor (scene: SceneMessage) {
    this.scene = scene
    this.boxes = new Float64Array(scene.instances.length * 6)
    this.#perPart = new Uint32Array(scene.parts.length)
    const push = (map: Map<number, number[]>, key: number, value: number): void => {
      const list = map.get(key)
      if (list === undefined) map.set(key, [value])
      else list.push(value)
    }
    for (const [node, { parent }] of scene.nodes.entries()) push(this.#children, parent, node)
    const box = new Box3()
    const matrix = new Matrix4()
    for (const [instance, { part, node, matrix: numbers }] of scene.instances.entries()) {
      push(this.#instancesOf, node, instance)
      this.#perPart[part] = (this.#perPart[part] ?? 0) + 1
      const { min, max } = scene.parts[part] ?? scene
      box.min.fromArray(min)
      box.max.fromArray(max)
      box.applyMatrix4(matrix.fromArray(numbers))
      box.min.toArray(this.boxes, instance * 6)
      box.max.toArray(this.boxes, instance * 6 + 3)
    }
  }

  /** Nodes directly below `node`; -1 for the roots. */
  children (node: number): readonly number[] {
    return this.#children.get(node) ?? []
  }

  /** A node's name, or its part's where it has none. */
  name (node: number): string {
    const own = this.scene.nodes[node]?.name ?? ''
    if (own !== '') return own
    const [first] = this.#instancesOf.get(node) ?? []
    return first === undefined ? 'Assembly' : this.#partName(first)
  }

  /** All instances of a node and of everything below it. */
  below (node: number): number[] {
    const found: number[] = []
    const waiting = [node]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const instance of this.#instancesOf.get(next) ?? []) found.push(instance)
      for (const child of this.#children.get(next) ?? []) waiting.push(child)
    }
    return found
  }

  /** Nodes whose name contains `words`, letters' case aside; at most `most`. */
  search (words: string, most: number): number[] {
    const wanted = words.trim().toLowerCase()
    const found: number[] = []
    if (wanted === '') return found
    for (let node = 0; node < this.scene.nodes.length && found.length < most; node++) {
      if (this.name(node).toLowerCase().includes(wanted)) found.push(node)
    }
    return found
  }

  /** What is known of instances, taken together. */
  properties (instances: readonly number[]): Properties | undefined {
    const [first] = instances
    if (first === undefined) return undefined
    const { scene } = this
    const parts = new Set(instances.map(instance => scene.instances[instance]?.part ?? -1))
    const only = parts.size === 1 ? scene.instances[first]?.part : undefined
    const triangles = instances.reduce((sum, instance) => sum + trianglesOf(scene.parts[scene.instances[instance]?.part ?? -1] ?? { levels: [] }), 0)
    const size = this.box(instances).getSize(new Vector3()).toArray()
    const name = instances.length === 1 ? this.name(scene.instances[first]?.node ?? -1) : `${instances.length} instances`
    return { name, part: only === undefined ? undefined : this.#partName(first), count: instances.length, instances: only === undefined ? undefined : this.#perPart[only], triangles, size }
  }

  /** The world box around instances. */
  box (instances: Iterable<number>): Box3 {
    const box = new Box3()
    const corner = new Vector3()
    for (const instance of instances) {
      box.expandByPoint(corner.fromArray(this.boxes, instance * 6)).expandByPoint(corner.fromArray(this.boxes, instance * 6 + 3))
    }
    return box
  }

  /** How far instances reach, to be looked at, where they stand when `displacement` moves them. */
  extent (instances: readonly number[], displacement: Displacement = (_instance, into) => into.set(0, 0, 0)): Extent {
    const whole = new Box3()
    const way = new Vector3()
    const moved = instances.flatMap(instance => {
      const given = this.scene.instances[instance]
      if (given === undefined) return []
      whole.union(this.box([instance]).translate(displacement(instance, way)))
      return { ...given, matrix: new Matrix4().makeTranslation(way).multiply(new Matrix4().fromArray(given.matrix)).toArray() }
    })
    return new Extent({ min: whole.min.toArray(), max: whole.max.toArray(), parts: this.scene.parts, instances: moved })
  }

  #partName (instance: number): string {
    const part = this.scene.instances[instance]?.part ?? -1
    const name = this.scene.parts[part]?.name ?? ''
    return name === '' ? `Part ${part + 1}` : name
  }
}
