import { Matrix4, PerspectiveCamera, Vector3 } from 'three'
import { OrbitControls } from 'three/addons/controls/OrbitControls.js'
import type { CameraView } from './camera-feed.ts'
import type { Extent } from './extent.ts'
import type { Place } from './way-back.ts'

/** Where a model is first seen from: a little above, from the front right. */
const threeQuarters = new Vector3(0.9, 0.62, 1.15).normalize()
/** Vertical, in degrees. */
export const fieldOfView = 35
/** Largest geometric error on screen, in device pixels. */
const tolerance = 1

/** Where somebody looks at a model from: a camera, and the pointer's hands on it. */
export class Viewpoint {
  readonly camera = new PerspectiveCamera(fieldOfView)
  readonly #controls: OrbitControls
  readonly #canvas: HTMLCanvasElement
  readonly #changed: () => void
  #extent: Extent | undefined
  #stretched = 1
  /** Of a picture at full resolution, in device pixels. */
  #height: number
  /** Where the camera looked from when it was last fitted to the model; undefined since the user has moved it. */
  #fitted: Vector3 | undefined

  constructor (canvas: HTMLCanvasElement, changed: () => void) {
    this.#canvas = canvas
    this.#height = canvas.height
    this.#changed = changed
    this.#controls = new OrbitControls(this.camera, canvas)
    this.#controls.zoomToCursor = true
    this.#controls.addEventListener('change', this.#onChange)
  }

  /** What the camera sees, as of the last `settle`. */
  get view (): CameraView {
    const { camera } = this
    return {
      viewProjection: new Matrix4().multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse).toArray(),
      position: camera.position.toArray(),
      focal: this.#height / (2 * Math.tan(camera.fov * Math.PI / 360)),
      tolerance
    }
  }

  /** Where the camera stands; undefined while the whole model is in view because it was fitted. */
  get place (): Place | undefined {
    return this.#extent === undefined || this.#fitted !== undefined ? undefined : { position: this.camera.position.toArray(), target: this.#controls.target.toArray() }
  }

  /** Puts the camera where it stood. */
  stand ({ position, target }: Place): void {
    this.camera.position.fromArray(position)
    this.#controls.target.fromArray(target)
    this.#controls.update()
    this.#fitted = undefined
    this.#changed()
  }

  /** Looks at all of a model from three quarters. */
  show (extent: Extent): void {
    this.#extent = extent
    this.#controls.minDistance = extent.radius * 0.005
    this.#controls.maxDistance = extent.radius * 30
    this.look(threeQuarters)
  }

  /** Brings the whole model into view, or `part` of it, from where the camera looks now. */
  fit (part?: Extent): void {
    this.look(this.camera.position.clone().sub(this.#controls.target).normalize(), part)
  }

  /** Brings the whole model into view, or `part` of it; `direction` (of length 1) points to the camera. */
  look (direction: Vector3, part?: Extent): void {
    const extent = part ?? this.#extent
    if (extent === undefined) return
    const { position, target } = extent.fit(direction, this.camera.fov, this.camera.aspect)
    if (part === undefined) position.sub(target).multiplyScalar(this.#stretched).add(target)
    this.#controls.target.copy(target)
    this.camera.position.copy(position)
    this.#controls.update()
    this.#fitted = part === undefined ? direction : undefined
    this.#changed()
  }

  /** The model reaches `factor` times as far from its middle as its extent says. */
  stretch (factor: number): void {
    this.#stretched = factor
    this.#changed()
  }

  /** Where a point of the world is seen: CSS pixels from the canvas' upper left corner; undefined behind the camera. */
  seen (point: Vector3): { x: number, y: number } | undefined {
    const { x, y, z } = point.clone().project(this.camera)
    return z > 1 ? undefined : { x: (x + 1) / 2 * this.#canvas.clientWidth, y: (1 - y) / 2 * this.#canvas.clientHeight }
  }

  /** Orbits by angles in radians: to the left, and upwards. */
  orbit (left: number, up: number): void {
    this.#controls.rotateLeft(left)
    this.#controls.rotateUp(up)
  }

  /** Comes nearer by a factor above 1, goes away by one below. */
  zoom (factor: number): void {
    if (factor >= 1) this.#controls.dollyIn(1 / factor)
    else this.#controls.dollyOut(factor)
  }

  /** The canvas has another shape now, pictures are `height` device pixels high; a model that was fitted into it is fitted again. */
  resized (height: number): void {
    this.#height = height
    this.camera.aspect = this.#canvas.clientWidth / this.#canvas.clientHeight
    if (this.#fitted !== undefined) this.look(this.#fitted)
  }

  /** Makes the camera ready for a picture, its planes close about the model. False before there is a model. */
  settle (): boolean {
    if (this.#extent === undefined) return false
    const { camera } = this
    const radius = this.#extent.radius * this.#stretched
    const distance = camera.position.distanceTo(this.#extent.center)
    camera.near = Math.max(distance - radius * 1.02, Math.min(this.#controls.getDistance() * 0.05, radius * 0.01))
    camera.far = distance + radius * 1.02
    camera.updateProjectionMatrix()
    camera.updateMatrixWorld()
    return true
  }

  close (): void {
    this.#controls.dispose()
  }

  readonly #onChange = (): void => {
    this.#fitted = undefined
    this.#changed()
  }
}
