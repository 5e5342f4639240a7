import { Matrix4, Vector3 } from 'three'
import type { SceneMessage } from '../stream-server/protocol.ts'

const margin = 1.05
const vertical = new Vector3(0, 1, 0)

/** Where a camera stands and what it turns about, in world units. */
export interface Standpoint {
  position: Vector3
  target: Vector3
}

/** How far an assembly reaches: the boxes of its placed parts, which fill a picture better than the one box around them all. */
export class Extent {
  readonly center: Vector3
  /** Of a sphere around `center` with everything inside; never 0. */
  readonly radius: number
  readonly #scene: Pick<SceneMessage, 'min' | 'max' | 'parts' | 'instances'>

  constructor (scene: Pick<SceneMessage, 'min' | 'max' | 'parts' | 'instances'>) {
    this.#scene = scene
    const min = new Vector3(...scene.min)
    const max = new Vector3(...scene.max)
    this.center = min.clone().add(max).divideScalar(2)
    this.radius = Math.max(min.distanceTo(max) / 2, 1e-6)
  }

  /**
   * The nearest standpoint from which everything is in the picture, centred. `direction` (of length 1) points to the camera;
   * the field of view is the vertical one, in degrees.
   */
  fit (direction: Vector3, fieldOfView: number, aspect: number): Standpoint {
    const right = new Vector3().crossVectors(vertical, direction)
    if (right.lengthSq() < 1e-12) right.set(1, 0, 0)
    right.normalize()
    const above = new Vector3().crossVectors(direction, right)
    const high = Math.tan(fieldOfView * Math.PI / 360) / margin
    const wide = high * aspect
    // How far out the frustum's four sides must lie to hold every corner, were its tip in the middle of the model.
    const sides = { right: -Infinity, left: -Infinity, top: -Infinity, bottom: -Infinity }
    for (const corner of this.#corners()) {
      corner.sub(this.center)
      const [x, y, z] = [corner.dot(right), corner.dot(above), corner.dot(direction)]
      sides.right = Math.max(sides.right, z * wide + x)
      sides.left = Math.max(sides.left, z * wide - x)
      sides.top = Math.max(sides.top, z * high + y)
      sides.bottom = Math.max(sides.bottom, z * high - y)
    }
    const distance = Math.max((sides.right + sides.left) / (2 * wide), (sides.top + sides.bottom) / (2 * high), this.radius * 0.01)
    const target = this.center.clone()
      .addScaledVector(right, (sides.right - sides.left) / 2)
      .addScaledVector(above, (sides.top - sides.bottom) / 2)
    return { target, position: target.clone().addScaledVector(direction, distance) }
  }

  /** The corners of all placed parts' boxes, or of the whole when nothing is placed. The same vector each time. */
  * #corners (): Generator<Vector3> {
    const { parts, instances, min, max } = this.#scene
    const corner = new Vector3()
    const matrix = new Matrix4()
    for (const { part, matrix: numbers } of instances.length > 0 ? instances : [{ part: -1, matrix: matrix.toArray() }]) {
      const box = parts[part] ?? { min, max }
      matrix.fromArray(numbers)
      for (let index = 0; index < 8; index++) {
        yield corner.set((index & 1 ? box.max : box.min)[0], (index & 2 ? box.max : box.min)[1], (index & 4 ? box.max : box.min)[2]).applyMatrix4(matrix)
      }
    }
  }
}
