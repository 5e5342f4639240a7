import { Box3, Matrix4, Ray, Vector3 } from 'three'
import type { Plane } from 'three'
import { isFilled } from '../finishes.ts'
import type { PartStore } from '../part-store.ts'
import type { Assembly } from './assembly.ts'

/** What a point of the picture shows. */
export interface Hit {
  /** Index into the scene's instances. */
  instance: number
  /** World coordinates, metres. */
  point: Vector3
  /** Corners of the triangle that was met, world coordinates, as far as they are known. */
  corners: Vector3[]
}

/** Of a piece's size. */
const boxSlack = 1e-3

/** What a ray met first. */
export interface Met extends Hit {
  distance: number
  /** The surface was met on its inner side. */
  inside: boolean
}

/**
 * Finds what is under the pointer. The boxes of all instances are gone through (100,000 in a few milliseconds), then the triangles of those
 * whose box the ray meets, the nearest first, until no box is nearer than what was met.
 */
export class Picker {
  readonly #assembly: Assembly
  readonly #store: PartStore

  constructor (assembly: Assembly, store: PartStore) {
    this.#assembly = assembly
    this.#store = store
  }

  /** `offered` says which instances can be met; what lies behind `section` cannot. */
  pick (ray: Ray, offered: (instance: number) => boolean, section?: Plane, offset?: (instance: number, into: Vector3) => Vector3): Met | undefined {
    const near = this.#candidates(ray, offset).filter(([instance]) => offered(instance)).sort((a, b) => a[1] - b[1])
    let best: Met | undefined
    for (const [instance, distance] of near) {
      if (best !== undefined && distance > best.distance) break
      best = this.#meet(instance, ray, section, best)
    }
    return best === undefined || section === undefined ? best : this.#onCap(best, ray, section)
  }

  /** Whoever looks into a solid that is cut open sees the face of the cut, and points at it. */
  #onCap (met: Met, ray: Ray, section: Plane): Met {
    const { scene } = this.#assembly
    const part = scene.parts[scene.instances[met.instance]?.part ?? -1]
    if (!met.inside || part === undefined || !isFilled(part) || section.distanceToPoint(ray.origin) >= 0) return met
    const point = ray.intersectPlane(section, new Vector3())
    return point === null ? met : { ...met, point, distance: point.distanceTo(ray.origin), corners: [] }
  }

  /** Instances whose box the ray meets, with the distance to the box. */
  #candidates (ray: Ray, offset: ((instance: number, into: Vector3) => Vector3) | undefined): Array<[number, number]> {
    const { boxes } = this.#assembly
    const { origin, direction } = ray
    const [ox, oy, oz] = [origin.x, origin.y, origin.z]
    const [ix, iy, iz] = [1 / direction.x, 1 / direction.y, 1 / direction.z]
    const by = new Vector3()
    const found: Array<[number, number]> = []
    for (let at = 0, instance = 0; at < boxes.length; at += 6, instance++) {
      if (offset !== undefined) offset(instance, by)
      const x0 = (boxes[at]! + by.x - ox) * ix
      const x1 = (boxes[at + 3]! + by.x - ox) * ix
      const y0 = (boxes[at + 1]! + by.y - oy) * iy
      const y1 = (boxes[at + 4]! + by.y - oy) * iy
      const z0 = (boxes[at + 2]! + by.z - oz) * iz
      const z1 = (boxes[at + 5]! + by.z - oz) * iz
      const enter = Math.max(Math.min(x0, x1), Math.min(y0, y1), Math.min(z0, z1))
      const leave = Math.min(Math.max(x0, x1), Math.max(y0, y1), Math.max(z0, z1))
      if (leave >= Math.max(enter, 0)) found.push([instance, Math.max(enter, 0)])
    }
    return found
  }

  #meet (instance: number, ray: Ray, section: Plane | undefined, best: Met | undefined): Met | undefined {
    const { firsts, parts } = this.#store.pieces
    const part = this.#assembly.scene.instances[instance]?.part ?? -1
    const matrix = this.#store.matrix(instance, new Matrix4())
    const local = ray.clone().applyMatrix4(matrix.clone().invert())
    const alone = firsts[part]! + 1 === firsts[part + 1]
    for (let piece = firsts[part] ?? 0; piece < (firsts[part + 1] ?? 0); piece++) {
      const { min, max } = parts[piece]!
      // A part that is one piece was met already. Coordinates are quantised, so that boxes are a little too small.
      if (!alone && !local.intersectsBox(new Box3(new Vector3(...min), new Vector3(...max)).expandByScalar(boxSlack * Math.max(...max.map((high, axis) => high - min[axis]!))))) continue
      best = this.#meetPiece(piece, instance, matrix, ray, local, section, best)
    }
    return best
  }

  #meetPiece (piece: number, instance: number, matrix: Matrix4, ray: Ray, local: Ray, section: Plane | undefined, best: Met | undefined): Met | undefined {
    const triangles = this.#store.triangles(piece)
    if (triangles === undefined) return best
    const { positions, index, start, count } = triangles
    const corners = [new Vector3(), new Vector3(), new Vector3()] as [Vector3, Vector3, Vector3]
    const point = new Vector3()
    for (let at = start; at < start + count; at += 3) {
      for (const [corner, vector] of corners.entries()) {
        const vertex = index[at + corner]! * 3
        vector.set(positions[vertex]!, positions[vertex + 1]!, positions[vertex + 2]!)
      }
      if (local.intersectTriangle(...corners, false, point) === null) continue
      point.applyMatrix4(matrix)
      const distance = point.distanceTo(ray.origin)
      if (best !== undefined && distance >= best.distance) continue
      if (section !== undefined && section.distanceToPoint(point) < 0) continue
      best = { instance, distance, point: point.clone(), inside: facing(corners, local) > 0, corners: corners.map(corner => corner.clone().applyMatrix4(matrix)) }
    }
    return best
  }
}

/** Above 0 where the triangle turns its back on whoever looks along the ray. */
function facing ([a, b, c]: [Vector3, Vector3, Vector3], { direction }: Ray): number {
  return b.clone().sub(a).cross(c.clone().sub(a)).dot(direction)
}
