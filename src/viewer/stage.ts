import { DirectionalLight, HemisphereLight, Matrix4, type Object3D, PerspectiveCamera, type Plane, Raycaster, type Ray, Scene, Vector2, Vector3, WebGLRenderer } from 'three'
import { OrbitControls } from 'three/addons/controls/OrbitControls.js'
import type { CameraView } from './camera-feed.ts'
import type { Extent } from './extent.ts'

/** Where a model is first seen from: a little above, from the front right. */
const threeQuarters = new Vector3(0.9, 0.62, 1.15).normalize()
const fieldOfView = 35
const largestPixelRatio = 2
/** Largest geometric error on screen, in device pixels. */
const tolerance = 1

export interface StageListener {
  /** A frame was drawn: how many triangles were in it. */
  drawn (triangles: number): void
  /** The graphics hardware took our drawing context away; nothing more is drawn. */
  lost (): void
}

/** A canvas with a camera, light and controls. It draws when something has changed, and otherwise not at all. */
export class Stage {
  readonly scene = new Scene()
  readonly #camera = new PerspectiveCamera(fieldOfView)
  readonly #renderer: WebGLRenderer
  readonly #controls: OrbitControls
  readonly #canvas: HTMLCanvasElement
  readonly #listener: StageListener
  readonly #sized: ResizeObserver
  #extent: Extent | undefined
  #stretched = 1
  /** Where the camera looked from when it was last fitted to the model; undefined since the user has moved it. */
  #fitted: Vector3 | undefined
  #frame = 0
  #closed = false

  /** Throws an Error in words when the browser has no WebGL 2. */
  constructor (canvas: HTMLCanvasElement, listener: StageListener) {
    this.#canvas = canvas
    this.#listener = listener
    this.#renderer = rendererOn(canvas)
    canvas.addEventListener('webglcontextlost', this.#onLost)
    const head = new DirectionalLight(0xffffff, 1.9)
    head.position.set(-0.4, 0.7, 1)
    this.#camera.add(head, head.target)
    head.target.position.set(0, 0, -1)
    this.scene.add(this.#camera, new HemisphereLight(0xf4f8ff, 0x6f6a66, 1.5))
    this.#controls = new OrbitControls(this.#camera, canvas)
    this.#controls.zoomToCursor = true
    this.#controls.addEventListener('change', this.#onChange)
    this.#sized = new ResizeObserver(() => { this.#resize() })
    this.#sized.observe(canvas)
  }

  /** What the camera of the last drawn frame saw. */
  get view (): CameraView {
    const camera = this.#camera
    return {
      viewProjection: new Matrix4().multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse).toArray(),
      position: camera.position.toArray(),
      focal: this.#canvas.height / (2 * Math.tan(camera.fov * Math.PI / 360)),
      tolerance
    }
  }

  /** True when a frame is due: the picture is older than the scene. */
  get stale (): boolean {
    return this.#frame !== 0
  }

  /**
   * Draws `meshes` once and wipes them away before anybody sees: drivers, above all those that draw in software, prepare a material only
   * when it is first drawn, and while a stream server starts there is time for it.
   */
  rehearse (meshes: readonly Object3D[]): void {
    const scene = new Scene()
    const camera = new PerspectiveCamera(fieldOfView)
    camera.add(...this.#camera.children.map(light => light.clone()))
    scene.add(camera, new HemisphereLight(), ...meshes)
    this.#renderer.render(scene, camera)
    this.#renderer.clear()
  }

  /** Draws a frame soon. */
  invalidate (): void {
    if (this.#frame === 0 && !this.#closed) this.#frame = requestAnimationFrame(this.#draw)
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
    this.look(this.#camera.position.clone().sub(this.#controls.target).normalize(), part)
  }

  /** Brings the whole model into view, or `part` of it; `direction` (of length 1) points to the camera. */
  look (direction: Vector3, part?: Extent): void {
    const extent = part ?? this.#extent
    if (extent === undefined) return
    const { position, target } = extent.fit(direction, this.#camera.fov, this.#camera.aspect)
    if (part === undefined) position.sub(target).multiplyScalar(this.#stretched).add(target)
    this.#controls.target.copy(target)
    this.#camera.position.copy(position)
    this.#controls.update()
    this.#fitted = part === undefined ? direction : undefined
    this.invalidate()
  }

  /** Leaves out what lies on the negative side of a plane; undefined: nothing. */
  cut (plane: Plane | undefined): void {
    this.#renderer.clippingPlanes = plane === undefined ? [] : [plane]
    this.invalidate()
  }

  /** The model reaches `factor` times as far from its middle as its extent says. */
  stretch (factor: number): void {
    this.#stretched = factor
    this.invalidate()
  }

  /** The ray of sight through a point of the canvas, in CSS pixels from its upper left corner. */
  rayAt (x: number, y: number): Ray {
    const raycaster = new Raycaster()
    raycaster.setFromCamera(new Vector2(x / this.#canvas.clientWidth * 2 - 1, 1 - y / this.#canvas.clientHeight * 2), this.#camera)
    return raycaster.ray
  }

  /** Where a point of the world is seen: CSS pixels from the canvas' upper left corner; undefined behind the camera. */
  seen (point: Vector3): { x: number, y: number } | undefined {
    const { x, y, z } = point.clone().project(this.#camera)
    return z > 1 ? undefined : { x: (x + 1) / 2 * this.#canvas.clientWidth, y: (1 - y) / 2 * this.#canvas.clientHeight }
  }

  /** The picture as it is now, a PNG with a white ground. Fails when the browser cannot make one. */
  async picture (): Promise<Blob> {
    this.#draw()
    // The drawing buffer lives until the browser paints, so it is copied at once.
    const copy = document.createElement('canvas')
    copy.width = this.#canvas.width
    copy.height = this.#canvas.height
    const context = copy.getContext('2d')
    if (context === null) throw new Error('The browser cannot make a picture.')
    context.fillStyle = '#ffffff'
    context.fillRect(0, 0, copy.width, copy.height)
    context.drawImage(this.#canvas, 0, 0)
    return await new Promise((resolve, reject) => {
      copy.toBlob(blob => {
        if (blob === null) reject(new Error('The browser cannot make a picture.'))
        else resolve(blob)
      }, 'image/png')
    })
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

  close (): void {
    if (this.#closed) return
    this.#closed = true
    cancelAnimationFrame(this.#frame)
    this.#sized.disconnect()
    this.#canvas.removeEventListener('webglcontextlost', this.#onLost)
    this.#controls.dispose()
    this.#renderer.dispose()
    this.#renderer.forceContextLoss()
  }

  readonly #onChange = (): void => {
    this.#fitted = undefined
    this.invalidate()
  }

  readonly #onLost = (event: Event): void => {
    event.preventDefault()
    if (!this.#closed) this.#listener.lost()
  }

  #resize (): void {
    const { clientWidth, clientHeight } = this.#canvas
    if (clientWidth === 0 || clientHeight === 0) return
    this.#camera.aspect = clientWidth / clientHeight
    this.#renderer.setPixelRatio(Math.min(devicePixelRatio, largestPixelRatio))
    this.#renderer.setSize(clientWidth, clientHeight, false)
    if (this.#fitted !== undefined) this.look(this.#fitted)
    // A resized canvas is empty: drawing at once, before the browser paints, keeps it from flashing.
    cancelAnimationFrame(this.#frame)
    this.#draw()
  }

  readonly #draw = (): void => {
    this.#frame = 0
    if (this.#extent === undefined) return
    const { center } = this.#extent
    const radius = this.#extent.radius * this.#stretched
    const camera = this.#camera
    const distance = camera.position.distanceTo(center)
    camera.near = Math.max(distance - radius * 1.02, Math.min(this.#controls.getDistance() * 0.05, radius * 0.01))
    camera.far = distance + radius * 1.02
    camera.updateProjectionMatrix()
    camera.updateMatrixWorld()
    this.#renderer.render(this.scene, camera)
    this.#listener.drawn(this.#renderer.info.render.triangles)
  }
}

function rendererOn (canvas: HTMLCanvasElement): WebGLRenderer {
  try {
    return new WebGLRenderer({ canvas, antialias: true, alpha: true, powerPreference: 'high-performance' })
  } catch (error) {
    throw new Error('This browser offers no WebGL 2, which the viewer needs to draw. Switch on hardware acceleration, or try another browser.', { cause: error })
  }
}
