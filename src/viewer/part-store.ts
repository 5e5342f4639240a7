import { Group, Matrix4, Vector3, Vector4 } from 'three'
import type { BufferGeometry, Material } from 'three'
import { memoryOf } from '../stream-server/protocol.ts'
import type { SceneMessage } from '../stream-server/protocol.ts'
import { Batch } from './batch.ts'
import { finishOf } from './finishes.ts'
import type { Finish, Finishes } from './finishes.ts'

/** How an instance stands out. */
export type Look = 'normal' | 'selected' | 'ghost'

/** The triangles of a part as they are shown now, in the part's coordinates: `index[start]` to `index[start + count - 1]` point into `positions`. */
export interface PartTriangles {
  positions: ArrayLike<number>
  index: ArrayLike<number>
  start: number
  count: number
}

/** All instances of one part that one batch draws, by their place in the scene's list. */
interface Placement {
  batch: Batch
  members: number[]
  /** Geometry and instances in the batch, once a first level has come. */
  shown?: { geometry: number, ids: number[] }
}

interface Shelf {
  levels: number
  /** Level shown, -1 for none. */
  level: number
  placements: Placement[]
}

const mirror = new Matrix4().makeScale(-1, 1, 1)
/** Linear RGB. */
const highlight = [1, 0.27, 0.01] as const

/** The assembly as far as it has come: for each part the level received last, drawn at all its places. */
export class PartStore {
  readonly root = new Group()
  readonly #scene: SceneMessage
  readonly #finishes: Finishes
  readonly #shelves: Shelf[]
  readonly #batches: Batch[] = []
  /** Per instance: its batch, its id therein (-1 before its part has come), and what was asked of it. */
  readonly #batchOf: Array<Batch | undefined>
  readonly #ids: Int32Array
  readonly #hidden: Uint8Array
  readonly #mirrored: Uint8Array
  readonly #looks: Look[]
  #bytes = 0
  #displacement: ((instance: number, into: Vector3) => Vector3) | undefined

  constructor (scene: SceneMessage, finishes: Finishes) {
    const count = scene.instances.length
    this.#scene = scene
    this.#finishes = finishes
    this.#shelves = scene.parts.map(part => ({ levels: part.levels.length, level: -1, placements: [] }))
    this.#batchOf = new Array<Batch | undefined>(count).fill(undefined)
    this.#ids = new Int32Array(count).fill(-1)
    this.#hidden = new Uint8Array(count)
    this.#mirrored = new Uint8Array(count)
    this.#looks = new Array<Look>(count).fill('normal')
    const finishOfPart = scene.parts.map(finishOf)
    // Mirrored instances (left and right hand parts) get a batch of their own that is itself mirrored, so that surfaces keep facing outwards.
    const groups = new Map<string, { finish: Finish, mirrored: boolean, places: Map<number, number[]> }>()
    const matrix = new Matrix4()
    for (const [instance, { part, matrix: numbers }] of scene.instances.entries()) {
      const finish = finishOfPart[part] ?? 'plain'
      const mirrored = matrix.fromArray(numbers).determinant() < 0
      this.#mirrored[instance] = Number(mirrored)
      const key = `${finish} ${mirrored}`
      const group = groups.get(key) ?? { finish, mirrored, places: new Map<number, number[]>() }
      const members = group.places.get(part) ?? []
      members.push(instance)
      groups.set(key, group)
      group.places.set(part, members)
    }
    for (const { finish, mirrored, places } of groups.values()) {
      const batch = this.#newBatch(finishes.of(finish), places)
      if (mirrored) batch.mesh.applyMatrix4(mirror)
    }
  }

  /** Parts of which at least the coarsest level has come. */
  get partsShown (): number {
    return this.#shelves.filter(shelf => shelf.level >= 0).length
  }

  /** True when the scene has such a part and level. */
  knows (part: number, level: number): boolean {
    const shelf = this.#shelves[part]
    return shelf !== undefined && Number.isInteger(level) && level >= 0 && level < shelf.levels
  }

  /** Level of a part that is shown, -1 for none. */
  level (part: number): number {
    return this.#shelves[part]?.level ?? -1
  }

  /** Bytes of the geometry held, as the server reckons them. */
  get bytes (): number {
    return this.#bytes
  }

  /** Shows a part at a level at all its places, in the place of the one that is there; the geometry is copied. */
  show (part: number, level: number, geometry: BufferGeometry): void {
    const shelf = this.#shelves[part]
    if (shelf === undefined || level === shelf.level) return
    this.#account(part, level)
    for (const placement of shelf.placements) {
      const { batch, members, shown } = placement
      const id = batch.add(geometry)
      if (shown === undefined) {
        placement.shown = { geometry: id, ids: members.map(instance => this.#place(batch, id, instance)) }
      } else {
        batch.replace(shown.geometry, id, shown.ids)
        shown.geometry = id
      }
    }
  }

  /** Gives up what is there of a part: nothing of it is shown until it comes again. */
  drop (part: number): void {
    const shelf = this.#shelves[part]
    if (shelf === undefined || shelf.level < 0) return
    this.#account(part, -1)
    for (const placement of shelf.placements) {
      const { batch, members, shown } = placement
      if (shown === undefined) continue
      batch.remove(shown.geometry, shown.ids)
      for (const instance of members) this.#ids[instance] = -1
      delete placement.shown
    }
  }

  /** The triangles of a part as they are shown, or undefined before they came. They change with the next level. */
  triangles (part: number): PartTriangles | undefined {
    const placement = this.#shelves[part]?.placements.find(({ shown }) => shown !== undefined)
    if (placement?.shown === undefined) return undefined
    const { geometry } = placement.batch.mesh
    const range = placement.batch.mesh.getGeometryRangeAt(placement.shown.geometry)
    if (geometry.index === null || range === null) return undefined
    return { positions: geometry.getAttribute('position').array, index: geometry.index.array, start: range.indexStart, count: range.indexCount }
  }

  setVisible (instance: number, on: boolean): void {
    this.#hidden[instance] = Number(!on)
    const id = this.#ids[instance] ?? -1
    if (id >= 0) this.#batchOf[instance]?.mesh.setVisibleAt(id, on)
  }

  setLook (instance: number, look: Look): void {
    if (this.#looks[instance] === look) return
    this.#looks[instance] = look
    const id = this.#ids[instance] ?? -1
    if (id >= 0) this.#batchOf[instance]?.mesh.setColorAt(id, this.#color(instance))
  }

  /** Whether instances that look like a ghost are drawn, as a hint of themselves. */
  setGhosts (on: boolean): void {
    for (const batch of this.#batches) batch.haunt(on ? this.#finishes.ghost : undefined)
  }

  /** Moves every instance away from where the scene has it; undefined brings all back. */
  displace (displacement: ((instance: number, into: Vector3) => Vector3) | undefined): void {
    this.#displacement = displacement
    for (const [instance, id] of this.#ids.entries()) {
      if (id >= 0) this.#batchOf[instance]?.mesh.setMatrixAt(id, this.#matrixInBatch(instance))
    }
  }

  /** Where an instance stands now, in world coordinates. */
  matrix (instance: number, into: Matrix4): Matrix4 {
    into.fromArray(this.#scene.instances[instance]?.matrix ?? mirror.elements)
    if (this.#displacement !== undefined) {
      const by = this.#displacement(instance, new Vector3())
      const { elements } = into
      elements[12] += by.x
      elements[13] += by.y
      elements[14] += by.z
    }
    return into
  }

  dispose (): void {
    this.root.removeFromParent()
    for (const batch of this.#batches.splice(0)) batch.dispose()
  }

  #account (part: number, level: number): void {
    const shelf = this.#shelves[part]
    const levels = this.#scene.parts[part]?.levels
    if (shelf === undefined || levels === undefined) return
    this.#bytes += shelf.placements.length * (memoryOf(levels[level]) - memoryOf(levels[shelf.level]))
    shelf.level = level
  }

  #place (batch: Batch, geometry: number, instance: number): number {
    const id = batch.place(geometry, this.#matrixInBatch(instance), this.#color(instance))
    this.#ids[instance] = id
    if (this.#hidden[instance] === 1) batch.mesh.setVisibleAt(id, false)
    return id
  }

  #matrixInBatch (instance: number): Matrix4 {
    const matrix = this.matrix(instance, new Matrix4())
    return this.#mirrored[instance] === 1 ? matrix.premultiply(mirror) : matrix
  }

  #color (instance: number): Vector4 {
    const [red, green, blue, alpha] = this.#scene.parts[this.#scene.instances[instance]?.part ?? -1]?.color ?? [1, 1, 1, 1]
    switch (this.#looks[instance]) {
      case 'selected': return new Vector4(...highlight, Math.max(alpha, 0.6))
      case 'ghost': return new Vector4(red, green, blue, -1)
      default: return new Vector4(red, green, blue, alpha)
    }
  }

  #newBatch (material: Material, places: Map<number, number[]>): Batch {
    let instances = 0
    const coarsest = { vertices: 0, indices: 0 }
    for (const [part, members] of places) {
      const first = this.#scene.parts[part]?.levels[0]
      instances += members.length
      coarsest.vertices += first?.vertices ?? 0
      coarsest.indices += (first?.triangles ?? 0) * 3
    }
    const batch = new Batch(material, instances, coarsest)
    this.#batches.push(batch)
    this.root.add(batch.mesh)
    for (const [part, members] of places) {
      for (const instance of members) this.#batchOf[instance] = batch
      this.#shelves[part]?.placements.push({ batch, members })
    }
    return batch
  }
}
