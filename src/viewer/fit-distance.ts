import { Vector3 } from 'three'
import type { Box3 } from 'three'

const margin = 1.06
const up = new Vector3(0, 1, 0)

/**
 * How far from a box's centre, along `direction` (of length 1), a camera must stand so that all eight corners are in the picture.
 * The field of view is the vertical one, in degrees.
 */
export function fitDistance (box: Box3, direction: Vector3, fieldOfView: number, aspect: number): number {
  const right = new Vector3().crossVectors(up, direction)
  if (right.lengthSq() < 1e-12) right.set(1, 0, 0)
  right.normalize()
  const above = new Vector3().crossVectors(direction, right)
  const tangent = Math.tan(fieldOfView * Math.PI / 360)
  const half = box.getSize(new Vector3()).multiplyScalar(0.5)
  let distance = 0
  for (let corner = 0; corner < 8; corner++) {
    const place = new Vector3(corner & 1 ? half.x : -half.x, corner & 2 ? half.y : -half.y, corner & 4 ? half.z : -half.z)
    const aside = Math.abs(place.dot(right)) / (tangent * aspect)
    const high = Math.abs(place.dot(above)) / tangent
    distance = Math.max(distance, place.dot(direction) + margin * Math.max(aside, high))
  }
  return Math.max(distance, 1e-6)
}
