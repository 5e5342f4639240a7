import { DirectionalLight, HemisphereLight, Mesh, type Object3D, PerspectiveCamera, type Plane, Raycaster, type Ray, Scene, Vector2, WebGLRenderer } from 'three'
import type { Clock } from '../clock.ts'
import { pictureOf } from './canvas-picture.ts'
import { DrawTimes } from './draw-times.ts'
import { fine, Sharpness, type Grade } from './sharpness.ts'
import { SmoothTarget } from './smooth-target.ts'
import { Viewpoint, fieldOfView } from './viewpoint.ts'

const largestPixelRatio = 2

export interface StageListener {
  /** A frame was drawn: how many triangles were in it. */
  drawn (triangles: number): void
  /** The graphics hardware took our drawing context away; nothing more is drawn. */
  lost (): void
}

/** A canvas with a camera, light and controls. It draws when something has changed, and otherwise not at all; smaller and with hard edges while the view moves, where drawing is slow. */
export class Stage {
  readonly scene = new Scene()
  readonly viewpoint: Viewpoint
  readonly #renderer: WebGLRenderer
  readonly #canvas: HTMLCanvasElement
  readonly #listener: StageListener
  readonly #sized: ResizeObserver
  readonly #sharpness: Sharpness
  readonly #times: DrawTimes<WebGLSync>
  readonly #smooth: SmoothTarget
  #frame = 0
  /** Something is new, and drawn once the picture before is. */
  #waiting = false
  /** Of the last picture. */
  #grade = fine
  #closed = false

  /** Throws an Error in words when the browser has no WebGL 2. */
  constructor (canvas: HTMLCanvasElement, clock: Clock, listener: StageListener) {
    this.#canvas = canvas
    this.#listener = listener
    this.#renderer = rendererOn(canvas)
    this.#times = new DrawTimes<WebGLSync>(this.#renderer.getContext() as WebGL2RenderingContext, clock)
    this.#smooth = new SmoothTarget(this.#renderer)
    this.#sharpness = new Sharpness(clock, () => { if (!this.sharp) this.invalidate() })
    canvas.addEventListener('webglcontextlost', this.#onLost)
    this.viewpoint = new Viewpoint(canvas, () => { this.#move() })
    const head = new DirectionalLight(0xffffff, 1.9)
    head.position.set(-0.4, 0.7, 1)
    this.viewpoint.camera.add(head, head.target)
    head.target.position.set(0, 0, -1)
    this.scene.add(this.viewpoint.camera, new HemisphereLight(0xf4f8ff, 0x6f6a66, 1.5))
    this.#sized = new ResizeObserver(() => { this.#resize() })
    this.#sized.observe(canvas)
  }

  /** True when a frame is due: the picture is older than the scene. */
  get stale (): boolean {
    return this.#frame !== 0 || this.#waiting
  }

  /** True when the last picture is a fine one. */
  get sharp (): boolean {
    return this.#grade.fine
  }

  /** Nothing is missing in what is seen now: the picture becomes fine once nothing moves. */
  complete (): void {
    this.#sharpness.complete()
  }

  /**
   * Draws `meshes` once and wipes them away before anybody sees: drivers, above all those that draw in software, prepare a material only
   * when it is first drawn, and while a stream server starts there is time for it.
   */
  rehearse (meshes: readonly Object3D[]): void {
    const scene = new Scene()
    const camera = new PerspectiveCamera(fieldOfView)
    camera.add(...this.viewpoint.camera.children.map(light => light.clone()))
    scene.add(camera, new HemisphereLight(), ...meshes)
    this.#renderer.render(scene, camera)
    this.#renderer.clear()
  }

  /** Draws a frame soon; where drawing is slow, once the one before is drawn to its end: pictures that queue up are old when they are seen. */
  invalidate (): void {
    if (this.#times.busy && !this.#sharpness.fast) this.#waiting = true
    else this.#request()
  }

  /** Leaves out what lies on the negative side of a plane; undefined: nothing. */
  cut (plane: Plane | undefined): void {
    this.#renderer.clippingPlanes = plane === undefined ? [] : [plane]
    this.#move()
  }

  /** The ray of sight through a point of the canvas, in CSS pixels from its upper left corner. */
  rayAt (x: number, y: number): Ray {
    const raycaster = new Raycaster()
    raycaster.setFromCamera(new Vector2(x / this.#canvas.clientWidth * 2 - 1, 1 - y / this.#canvas.clientHeight * 2), this.viewpoint.camera)
    return raycaster.ray
  }

  /** The picture as it is now, a PNG with a white ground. Fails when the browser cannot make one. */
  async picture (): Promise<Blob> {
    // The drawing buffer lives until the browser paints.
    this.#paint(fine)
    return await pictureOf(this.#canvas)
  }

  close (): void {
    if (this.#closed) return
    this.#closed = true
    cancelAnimationFrame(this.#frame)
    this.#sized.disconnect()
    this.#sharpness.close()
    this.#times.close()
    this.#smooth.dispose()
    this.#canvas.removeEventListener('webglcontextlost', this.#onLost)
    this.viewpoint.close()
    this.#renderer.dispose()
    this.#renderer.forceContextLoss()
  }

  readonly #onLost = (event: Event): void => {
    event.preventDefault()
    if (!this.#closed) this.#listener.lost()
  }

  /** What is seen, or from where, is another now. */
  #move (): void {
    this.#sharpness.moved()
    this.#request()
  }

  #request (): void {
    if (this.#frame === 0 && !this.#closed) this.#frame = requestAnimationFrame(this.#draw)
  }

  #resize (): void {
    const { clientWidth, clientHeight } = this.#canvas
    if (clientWidth === 0 || clientHeight === 0) return
    this.#grade = this.#nextGrade
    this.#renderer.setPixelRatio(this.#pixelRatio * this.#grade.share)
    this.#renderer.setSize(clientWidth, clientHeight, false)
    this.viewpoint.resized(clientHeight * this.#pixelRatio)
    // A resized canvas is empty: drawing at once, before the browser paints, keeps it from flashing.
    cancelAnimationFrame(this.#frame)
    this.#draw()
  }

  get #nextGrade (): Grade {
    return this.#sharpness.grade(this.#canvas.clientWidth * this.#canvas.clientHeight * this.#pixelRatio ** 2)
  }

  get #pixelRatio (): number {
    return Math.min(devicePixelRatio, largestPixelRatio)
  }

  readonly #draw = (): void => {
    this.#frame = 0
    this.#paint(this.#nextGrade)
  }

  #paint (grade: Grade): void {
    this.#waiting = false
    if (!this.viewpoint.settle()) return
    if (grade.share !== this.#grade.share) this.#renderer.setPixelRatio(this.#pixelRatio * grade.share)
    this.#grade = grade
    if (!isThere(this.scene)) return this.#listener.drawn(0)
    const by = grade.fine ? this.#smooth : this.#renderer
    this.#times.measure(() => { by.render(this.scene, this.viewpoint.camera) }, milliseconds => {
      this.#sharpness.took(milliseconds, grade)
      if (this.#waiting) this.invalidate()
    })
    this.#listener.drawn(this.#renderer.info.render.triangles)
  }
}

/** Whether there is anything to draw: a picture of nothing takes its time too. */
const isThere = (object: Object3D): boolean => object.visible && (object instanceof Mesh || object.children.some(isThere))

function rendererOn (canvas: HTMLCanvasElement): WebGLRenderer {
  try {
    return new WebGLRenderer({ canvas, antialias: false, alpha: true, powerPreference: 'high-performance' })
  } catch (error) {
    throw new Error('This browser offers no WebGL 2, without which it cannot draw. Have the server draw instead: choose “Server” where it is offered (mode “ssr”). Or switch on hardware acceleration.', { cause: error })
  }
}
