import { Matrix4, PerspectiveCamera, Vector3 } from 'three'
import { OrbitControls } from 'three/addons/controls/OrbitControls.js'
import { mostPixelsAlong } from '../../stream-server/protocol.ts'
import type { CameraMessage } from '../../stream-server/protocol.ts'
import type { Extent } from '../extent.ts'

/** Where a model is first seen from, as where the browser draws. */
const threeQuarters = new Vector3(0.9, 0.62, 1.15).normalize()
const fieldOfView = 35
const largestPixelRatio = 2
const tolerance = 1

/** What the server needs to know of the view; it counts the messages itself. */
export type ImageView = Omit<CameraMessage, 'type' | 'seq'>

/** A canvas that shows pictures made elsewhere, with the camera and the controls of one that draws itself; it needs no WebGL. */
export class ImageStage {
  readonly #camera = new PerspectiveCamera(fieldOfView)
  readonly #controls: OrbitControls
  readonly #canvas: HTMLCanvasElement
  readonly #context: CanvasRenderingContext2D
  readonly #moved: (view: ImageView) => void
  readonly #sized: ResizeObserver
  #extent: Extent | undefined
  #fitted: Vector3 | undefined
  #frame = 0
  #closed = false

  /** Throws an Error in words when the browser cannot show pictures on a canvas. `moved` hears each new view, at most once per frame of the screen. */
  constructor (canvas: HTMLCanvasElement, moved: (view: ImageView) => void) {
    const context = canvas.getContext('2d', { alpha: false })
    if (context === null) throw new Error('This browser cannot show pictures on a canvas.')
    this.#canvas = canvas
    this.#context = context
    this.#moved = moved
    this.#controls = new OrbitControls(this.#camera, canvas)
    this.#controls.zoomToCursor = true
    this.#controls.addEventListener('change', this.#onChange)
    this.#sized = new ResizeObserver(() => { this.#resize() })
    this.#sized.observe(canvas)
  }

  /** Puts a picture on the canvas, over all of it. */
  put (picture: ImageBitmap): void {
    if (!this.#closed) this.#context.drawImage(picture, 0, 0, this.#canvas.width, this.#canvas.height)
  }

  /** Looks at all of a model from three quarters. */
  show (extent: Extent): void {
    this.#extent = extent
    this.#controls.minDistance = extent.radius * 0.005
    this.#controls.maxDistance = extent.radius * 30
    this.#look(threeQuarters)
  }

  /** Brings the whole model into view, from where the camera looks now. */
  fit (): void {
    this.#look(this.#camera.position.clone().sub(this.#controls.target).normalize())
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

  /** Tells the view once more, soon. */
  tell (): void {
    this.#soon()
  }

  close (): void {
    this.#closed = true
    cancelAnimationFrame(this.#frame)
    this.#sized.disconnect()
    this.#controls.dispose()
  }

  #look (direction: Vector3): void {
    if (this.#extent === undefined) return
    const { position, target } = this.#extent.fit(direction, this.#camera.fov, this.#camera.aspect)
    this.#controls.target.copy(target)
    this.#camera.position.copy(position)
    this.#controls.update()
    this.#fitted = direction
    this.#soon()
  }

  readonly #onChange = (): void => {
    this.#fitted = undefined
    this.#soon()
  }

  #resize (): void {
    const { clientWidth, clientHeight } = this.#canvas
    if (clientWidth === 0 || clientHeight === 0) return
    const ratio = Math.min(devicePixelRatio, largestPixelRatio, mostPixelsAlong / Math.max(clientWidth, clientHeight))
    this.#camera.aspect = clientWidth / clientHeight
    this.#canvas.width = Math.max(1, Math.round(clientWidth * ratio))
    this.#canvas.height = Math.max(1, Math.round(clientHeight * ratio))
    this.#context.fillStyle = this.#background
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height)
    if (this.#fitted !== undefined) this.#look(this.#fitted)
    this.#soon()
  }

  #soon (): void {
    if (this.#frame === 0 && !this.#closed) this.#frame = requestAnimationFrame(this.#tell)
  }

  readonly #tell = (): void => {
    this.#frame = 0
    if (this.#extent === undefined) return
    const { center, radius } = this.#extent
    const camera = this.#camera
    const distance = camera.position.distanceTo(center)
    camera.near = Math.max(distance - radius * 1.02, Math.min(this.#controls.getDistance() * 0.05, radius * 0.01))
    camera.far = distance + radius * 1.02
    camera.updateProjectionMatrix()
    camera.updateMatrixWorld()
    const { width, height } = this.#canvas
    this.#moved({
      viewProjection: new Matrix4().multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse).toArray(),
      position: camera.position.toArray(),
      focal: height / (2 * Math.tan(camera.fov * Math.PI / 360)),
      tolerance,
      width,
      height,
      background: Number.parseInt(this.#background.slice(1), 16)
    })
  }

  /** `#rrggbb` of the page around; what JPEG cannot leave open is filled with it. */
  get #background (): string {
    const told = getComputedStyle(this.#canvas).getPropertyValue('--stage-bottom').trim()
    return /^#[0-9a-f]{6}$/i.test(told) ? told : '#ffffff'
  }
}
