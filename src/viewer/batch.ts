import { BatchedMesh } from 'three'
import type { BufferGeometry, Material, Matrix4, Mesh, Vector4 } from 'three'

/** Room for vertices and index entries. */
interface Room {
  vertices: number
  indices: number
}

const roomOf = (geometry: BufferGeometry): Room => ({ vertices: geometry.getAttribute('position').count, indices: geometry.index?.count ?? 0 })

const leastRoom: Room = { vertices: 1024, indices: 3072 }

/** Many placed geometries drawn with one material in one call. Its buffers grow by doubling, so it holds what came and not what may come. */
export class Batch {
  readonly mesh: BatchedMesh
  readonly #capacity: Room
  /** Handed out so far, including the holes that replaced geometries left. */
  readonly #taken: Room = { vertices: 0, indices: 0 }
  readonly #alive: Room = { vertices: 0, indices: 0 }
  readonly #sizes = new Map<number, Room>()
  readonly #material: Material
  #ghost: Material | undefined

  /** `instances` is exact, `first` the room for the geometries that surely come. */
  constructor (material: Material, instances: number, first: Room) {
    this.#capacity = { vertices: Math.max(first.vertices, leastRoom.vertices), indices: Math.max(first.indices, leastRoom.indices) }
    this.mesh = new BatchedMesh(instances, this.#capacity.vertices, this.#capacity.indices, material)
    this.#material = material
    this.mesh.perObjectFrustumCulled = true
    this.mesh.sortObjects = false
    this.mesh.frustumCulled = false
    // Without an instance, and so without colours, it would be drawn by a program of its own, which takes long to make and is never used again.
    this.mesh.visible = false
  }

  /** Takes in a geometry (it is copied) and answers its id. */
  add (geometry: BufferGeometry): number {
    const size = roomOf(geometry)
    this.#makeRoom(size)
    const id = this.mesh.addGeometry(geometry)
    this.#sizes.set(id, size)
    for (const each of [this.#taken, this.#alive]) {
      each.vertices += size.vertices
      each.indices += size.indices
    }
    return id
  }

  /** `color` is linear; an alpha below 0 is a ghost's. */
  place (geometry: number, matrix: Matrix4, color: Vector4): number {
    const instance = this.mesh.addInstance(geometry)
    this.mesh.setMatrixAt(instance, matrix)
    this.mesh.setColorAt(instance, color)
    this.mesh.visible = true
    return instance
  }

  /** Shows `next` wherever `old` was shown, and gives up `old`. */
  replace (old: number, next: number, instances: Iterable<number>): void {
    for (const instance of instances) this.mesh.setGeometryIdAt(instance, next)
    this.#delete(old)
  }

  /** Gives up a geometry and the instances that show it. Buffers that are mostly empty then become smaller. */
  remove (geometry: number, instances: Iterable<number>): void {
    for (const instance of instances) this.mesh.deleteInstance(instance)
    this.#delete(geometry)
    if (this.#alive.vertices * 4 > this.#capacity.vertices || this.#alive.indices * 4 > this.#capacity.indices || this.#capacity.vertices <= leastRoom.vertices) return
    this.mesh.optimize()
    Object.assign(this.#taken, this.#alive)
    this.#resize({ vertices: this.#alive.vertices * 2, indices: this.#alive.indices * 2 })
  }

  /** Draws everything a second time with `ghost`; each material leaves out what is the other's to draw. Undefined: once again. */
  haunt (ghost: Material | undefined): void {
    this.#ghost = ghost
    const mesh: Mesh<BufferGeometry, Material | Material[]> = this.mesh
    mesh.material = ghost === undefined ? this.#material : [this.#material, ghost]
    this.#group()
  }

  /** The material stays: it is not ours. */
  dispose (): void {
    this.mesh.removeFromParent()
    this.mesh.dispose()
  }

  #makeRoom (size: Room): void {
    if (this.#fits(this.#taken, size)) return
    this.mesh.optimize()
    Object.assign(this.#taken, this.#alive)
    // Holes are only worth closing when that frees a good part: else the next geometry would move everything again.
    if (this.#fits(this.#taken, { vertices: size.vertices + this.#capacity.vertices / 4, indices: size.indices + this.#capacity.indices / 4 })) return
    this.#resize({
      vertices: Math.max(this.#capacity.vertices * 2, this.#taken.vertices + size.vertices),
      indices: Math.max(this.#capacity.indices * 2, this.#taken.indices + size.indices)
    })
  }

  #delete (geometry: number): void {
    this.mesh.deleteGeometry(geometry)
    const size = this.#sizes.get(geometry)
    this.#sizes.delete(geometry)
    this.#alive.vertices -= size?.vertices ?? 0
    this.#alive.indices -= size?.indices ?? 0
  }

  #resize (room: Room): void {
    this.#capacity.vertices = Math.max(room.vertices, leastRoom.vertices)
    this.#capacity.indices = Math.max(room.indices, leastRoom.indices)
    this.mesh.setGeometrySize(this.#capacity.vertices, this.#capacity.indices)
    this.#group()
  }

  #group (): void {
    this.mesh.geometry.clearGroups()
    if (this.#ghost === undefined) return
    for (const material of [0, 1]) this.mesh.geometry.addGroup(0, Infinity, material)
  }

  #fits (taken: Room, size: Room): boolean {
    return taken.vertices + size.vertices <= this.#capacity.vertices && taken.indices + size.indices <= this.#capacity.indices
  }
}
