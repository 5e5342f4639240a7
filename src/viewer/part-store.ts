import { Group, Matrix4 } from 'three'
import type { BufferGeometry, Material, Vector3 } from 'three'
import { HeldMemory } from '../stream-server/held-memory.ts'
import { inPieces } from '../stream-server/pieces.ts'
import type { SceneInPieces } from '../stream-server/pieces.ts'
import type { SceneMessage } from '../stream-server/protocol.ts'
import { Appearance } from './appearance.ts'
import type { Look } from './appearance.ts'
import { Batch } from './batch.ts'
import { drawGroups } from './draw-groups.ts'
import type { Finishes } from './finishes.ts'

/** The triangles of a piece as they are shown now, in the part's coordinates: `index[start]` to `index[start + count - 1]` point into `positions`. */
export interface PartTriangles {
  positions: ArrayLike<number>
  index: ArrayLike<number>
  start: number
  count: number
  /** Of the surface, at each position. Only at levels coarser than the finest, whose triangles lean as they please. */
  normals?: ArrayLike<number>
}

/** All places of one piece that one batch draws, by their number among all that are placed. */
interface Placement {
  batch: Batch
  members: number[]
  /** Geometry and instances in the batch, once a first level has come. */
  shown?: { geometry: number, ids: number[] }
}

/** A piece of a part: nearly always all of it. */
interface Shelf {
  levels: number
  /** Level shown, -1 for none. */
  level: number
  placements: Placement[]
}

const mirror = new Matrix4().makeScale(-1, 1, 1)

/**
 * The assembly as far as it has come: for each piece the level received last, drawn at all its places. What is drawn is numbered as the stream
 * does it, piece by piece; what is asked of it names the scene's instances.
 */
export class PartStore {
  readonly root = new Group()
  readonly pieces: SceneInPieces
  readonly #finishes: Finishes
  readonly #appearance: Appearance
  readonly #shelves: Shelf[]
  readonly #batches: Batch[] = []
  /** Per placed piece: its batch, its id therein (-1 before it has come), and whether it is the mirror image of its part. */
  readonly #batchOf: Array<Batch | undefined>
  readonly #ids: Int32Array
  readonly #mirrored: Uint8Array
  readonly #memory: HeldMemory

  constructor (scene: SceneMessage, finishes: Finishes) {
    this.pieces = inPieces(scene)
    const { parts, instances } = this.pieces
    const count = instances.length
    this.#finishes = finishes
    this.#appearance = new Appearance(scene)
    this.#shelves = parts.map(part => ({ levels: part.levels.length, level: -1, placements: [] }))
    this.#batchOf = new Array<Batch | undefined>(count).fill(undefined)
    this.#ids = new Int32Array(count).fill(-1)
    this.#mirrored = new Uint8Array(count)
    for (const { finish, mirrored, places } of drawGroups(this.pieces)) {
      const batch = this.#newBatch(finishes.of(finish), places)
      if (!mirrored) continue
      for (const members of places.values()) for (const placed of members) this.#mirrored[placed] = 1
      batch.mesh.applyMatrix4(mirror)
    }
    this.#memory = new HeldMemory(parts, this.#shelves.map(({ placements }) => placements.length), scene.textures ?? [])
  }

  /** Parts of the scene of which something has come. */
  get partsShown (): number {
    const { firsts } = this.pieces
    let shown = 0
    for (let part = 0, piece = 0; part + 1 < firsts.length; part++) {
      while (piece < firsts[part + 1]! && this.level(piece) < 0) piece++
      if (piece < firsts[part + 1]!) shown++
      piece = firsts[part + 1]!
    }
    return shown
  }

  /** True when the scene has such a piece and level. */
  knows (piece: number, level: number): boolean {
    const shelf = this.#shelves[piece]
    return shelf !== undefined && Number.isInteger(level) && level >= 0 && level < shelf.levels
  }

  /** Level of a piece that is shown, -1 for none. */
  level (piece: number): number {
    return this.#shelves[piece]?.level ?? -1
  }

  /** Bytes of the geometry and the textures held, as the server reckons them. */
  get bytes (): number {
    return this.#memory.bytes
  }

  /** Shows a piece at a level at all its places, in the place of the one that is there; the geometry is copied. */
  show (piece: number, level: number, geometry: BufferGeometry): void {
    const shelf = this.#shelves[piece]
    if (shelf === undefined || level === shelf.level) return
    this.#account(piece, level)
    for (const placement of shelf.placements) {
      const { batch, members, shown } = placement
      const id = batch.add(geometry)
      if (shown === undefined) {
        placement.shown = { geometry: id, ids: members.map(placed => this.#place(batch, id, placed)) }
      } else {
        batch.replace(shown.geometry, id, shown.ids)
        shown.geometry = id
      }
    }
  }

  /** Gives up what is there of a piece, and a texture that lies on nothing else: nothing of it is shown until it comes again. */
  drop (piece: number): void {
    const shelf = this.#shelves[piece]
    if (shelf === undefined || shelf.level < 0) return
    this.#account(piece, -1)
    for (const placement of shelf.placements) {
      const { batch, members, shown } = placement
      if (shown === undefined) continue
      batch.remove(shown.geometry, shown.ids)
      for (const placed of members) this.#ids[placed] = -1
      delete placement.shown
    }
    const { texture } = this.pieces.parts[piece] ?? {}
    if (texture !== undefined && !this.#memory.needs(texture)) this.#finishes.lift(texture)
  }

  /** The triangles of a piece as they are shown, or undefined before they came. They change with the next level. */
  triangles (piece: number): PartTriangles | undefined {
    const shelf = this.#shelves[piece]
    const placement = shelf?.placements.find(({ shown }) => shown !== undefined)
    if (shelf === undefined || placement?.shown === undefined) return undefined
    const { geometry } = placement.batch.mesh
    const range = placement.batch.mesh.getGeometryRangeAt(placement.shown.geometry)
    if (geometry.index === null || range === null) return undefined
    return {
      positions: geometry.getAttribute('position').array,
      index: geometry.index.array,
      start: range.indexStart,
      count: range.indexCount,
      ...shelf.level < shelf.levels - 1 && { normals: geometry.getAttribute('normal').array }
    }
  }

  setVisible (instance: number, on: boolean): void {
    this.#appearance.setHidden(instance, !on)
    this.#eachDrawn(instance, (batch, id) => { batch.mesh.setVisibleAt(id, on) })
  }

  setLook (instance: number, look: Look): void {
    if (!this.#appearance.setLook(instance, look)) return
    const color = this.#appearance.color(instance)
    this.#eachDrawn(instance, (batch, id) => { batch.mesh.setColorAt(id, color) })
  }

  /** Whether instances that look like a ghost are drawn, as a hint of themselves. */
  setGhosts (on: boolean): void {
    for (const batch of this.#batches) batch.haunt(on ? this.#finishes.ghost : undefined)
  }

  /** Moves every instance away from where the scene has it; undefined brings all back. */
  displace (displacement: ((instance: number, into: Vector3) => Vector3) | undefined): void {
    this.#appearance.displacement = displacement
    for (const [placed, id] of this.#ids.entries()) {
      if (id >= 0) this.#batchOf[placed]?.mesh.setMatrixAt(id, this.#matrixInBatch(placed))
    }
  }

  /** Where an instance stands now, in world coordinates. */
  matrix (instance: number, into: Matrix4): Matrix4 {
    return this.#appearance.matrix(instance, into)
  }

  dispose (): void {
    this.root.removeFromParent()
    for (const batch of this.#batches.splice(0)) batch.dispose()
  }

  #eachDrawn (instance: number, visit: (batch: Batch, id: number) => void): void {
    const { starts } = this.pieces
    for (let placed = starts[instance] ?? 0; placed < (starts[instance + 1] ?? 0); placed++) {
      const id = this.#ids[placed] ?? -1
      const batch = this.#batchOf[placed]
      if (id >= 0 && batch !== undefined) visit(batch, id)
    }
  }

  #account (piece: number, level: number): void {
    const shelf = this.#shelves[piece]
    if (shelf === undefined) return
    this.#memory.change(piece, shelf.level, level)
    shelf.level = level
  }

  #place (batch: Batch, geometry: number, placed: number): number {
    const instance = this.pieces.of[placed] ?? -1
    const id = batch.place(geometry, this.#matrixInBatch(placed), this.#appearance.color(instance))
    this.#ids[placed] = id
    if (this.#appearance.isHidden(instance)) batch.mesh.setVisibleAt(id, false)
    return id
  }

  #matrixInBatch (placed: number): Matrix4 {
    const matrix = this.matrix(this.pieces.of[placed] ?? -1, new Matrix4())
    return this.#mirrored[placed] === 1 ? matrix.premultiply(mirror) : matrix
  }

  #newBatch (material: Material, places: Map<number, number[]>): Batch {
    let instances = 0
    const coarsest = { vertices: 0, indices: 0 }
    for (const [piece, members] of places) {
      const first = this.pieces.parts[piece]?.levels[0]
      instances += members.length
      coarsest.vertices += first?.vertices ?? 0
      coarsest.indices += (first?.triangles ?? 0) * 3
    }
    const batch = new Batch(material, instances, coarsest)
    this.#batches.push(batch)
    this.root.add(batch.mesh)
    for (const [piece, members] of places) {
      for (const placed of members) this.#batchOf[placed] = batch
      this.#shelves[piece]?.placements.push({ batch, members })
    }
    return batch
  }
}
