import { Group, Matrix4, Vector4 } from 'three'
import type { BufferGeometry, Material } from 'three'
import type { SceneMessage } from '../stream-server/protocol.ts'
import { Batch } from './batch.ts'
import { finishOf } from './finishes.ts'
import type { Finish, Finishes } from './finishes.ts'

/** All instances of one part that one batch draws. */
interface Placement {
  batch: Batch
  color: Vector4
  matrices: Matrix4[]
  /** Once a first level has come. */
  shown?: { geometry: number, instances: number[] }
}

interface Shelf {
  levels: number
  /** Finest level shown, -1 before the first. */
  level: number
  placements: Placement[]
}

const mirror = new Matrix4().makeScale(-1, 1, 1)

/** The assembly as far as it has come: for each part the finest level received, drawn at all its places. */
export class PartStore {
  readonly root = new Group()
  readonly #shelves: Shelf[]
  readonly #batches: Batch[] = []

  constructor (scene: SceneMessage, finishes: Finishes) {
    this.#shelves = scene.parts.map(part => ({ levels: part.levels.length, level: -1, placements: [] }))
    const finishOfPart = scene.parts.map(finishOf)
    // Mirrored instances (left and right hand parts) get a batch of their own that is itself mirrored, so that surfaces keep facing outwards.
    const groups = new Map<string, { finish: Finish, mirrored: boolean, places: Map<number, Matrix4[]> }>()
    for (const { part, matrix: numbers } of scene.instances) {
      const matrix = new Matrix4().fromArray(numbers)
      const finish = finishOfPart[part] ?? 'plain'
      const mirrored = matrix.determinant() < 0
      const key = `${finish} ${mirrored}`
      const group = groups.get(key) ?? { finish, mirrored, places: new Map<number, Matrix4[]>() }
      const matrices = group.places.get(part) ?? []
      matrices.push(mirrored ? matrix.premultiply(mirror) : matrix)
      groups.set(key, group)
      group.places.set(part, matrices)
    }
    for (const { finish, mirrored, places } of groups.values()) {
      const batch = this.#newBatch(scene, finishes.of(finish), places)
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

  /** Shows a part at a level at all its places, unless a finer one is there already; the geometry is copied. */
  show (part: number, level: number, geometry: BufferGeometry): void {
    const shelf = this.#shelves[part]
    if (shelf === undefined || level <= shelf.level) return
    shelf.level = level
    for (const placement of shelf.placements) {
      const { batch, shown, color, matrices } = placement
      const id = batch.add(geometry)
      if (shown === undefined) {
        placement.shown = { geometry: id, instances: matrices.map(matrix => batch.place(id, matrix, color)) }
        placement.matrices = []
      } else {
        batch.replace(shown.geometry, id, shown.instances)
        shown.geometry = id
      }
    }
  }

  dispose (): void {
    this.root.removeFromParent()
    for (const batch of this.#batches.splice(0)) batch.dispose()
  }

  #newBatch (scene: SceneMessage, material: Material, places: Map<number, Matrix4[]>): Batch {
    let instances = 0
    const coarsest = { vertices: 0, indices: 0 }
    for (const [part, matrices] of places) {
      instances += matrices.length
      coarsest.vertices += scene.parts[part]?.levels[0]?.vertices ?? 0
      coarsest.indices += (scene.parts[part]?.levels[0]?.triangles ?? 0) * 3
    }
    const batch = new Batch(material, instances, coarsest)
    this.#batches.push(batch)
    this.root.add(batch.mesh)
    for (const [part, matrices] of places) {
      const color = new Vector4(...(scene.parts[part]?.color ?? [1, 1, 1, 1]))
      this.#shelves[part]?.placements.push({ batch, color, matrices })
    }
    return batch
  }
}
