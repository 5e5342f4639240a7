import { mostPixelsAlong } from '../../stream-server/protocol.ts'
import type { CameraMessage } from '../../stream-server/protocol.ts'
import { pictureOf } from '../canvas-picture.ts'
import { Viewpoint } from '../viewpoint.ts'

const largestPixelRatio = 2

/** What the server needs to know of the view; it counts the messages itself. */
export type ImageView = Omit<CameraMessage, 'type' | 'seq'>

/** A canvas that shows pictures made elsewhere, with the camera and the controls of one that draws itself; it needs no WebGL. */
export class ImageStage {
  readonly viewpoint: Viewpoint
  readonly #canvas: HTMLCanvasElement
  readonly #context: CanvasRenderingContext2D
  readonly #moved: (view: ImageView) => void
  readonly #sized: ResizeObserver
  #frame = 0
  #closed = false

  /** Throws an Error in words when the browser cannot show pictures on a canvas. `moved` hears each new view, at most once per frame of the screen. */
  constructor (canvas: HTMLCanvasElement, moved: (view: ImageView) => void) {
    const context = canvas.getContext('2d', { alpha: false })
    if (context === null) throw new Error('This browser cannot show pictures on a canvas.')
    this.#canvas = canvas
    this.#context = context
    this.#moved = moved
    this.viewpoint = new Viewpoint(canvas, () => { this.tell() })
    this.#sized = new ResizeObserver(() => { this.#resize() })
    this.#sized.observe(canvas)
  }

  /** Puts a picture on the canvas, or a strip of one that has `whole` rows and fills the canvas, from row `top` on. */
  put (picture: ImageBitmap, top: number, whole: number): void {
    if (this.#closed) return
    const { width, height } = this.#canvas
    const at = Math.round(top / whole * height)
    this.#context.drawImage(picture, 0, at, width, Math.round((top + picture.height) / whole * height) - at)
  }

  /** Tells the view, soon. */
  tell (): void {
    if (this.#frame === 0 && !this.#closed) this.#frame = requestAnimationFrame(this.#tell)
  }

  /** The picture that is shown, a PNG. */
  async picture (): Promise<Blob> {
    return await pictureOf(this.#canvas)
  }

  close (): void {
    this.#closed = true
    cancelAnimationFrame(this.#frame)
    this.#sized.disconnect()
    this.viewpoint.close()
  }

  #resize (): void {
    const { clientWidth, clientHeight } = this.#canvas
    if (clientWidth === 0 || clientHeight === 0) return
    const ratio = Math.min(devicePixelRatio, largestPixelRatio, mostPixelsAlong / Math.max(clientWidth, clientHeight))
    this.#canvas.width = Math.max(1, Math.round(clientWidth * ratio))
    this.#canvas.height = Math.max(1, Math.round(clientHeight * ratio))
    this.#context.fillStyle = this.#background
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height)
    this.viewpoint.resized(this.#canvas.height)
    this.tell()
  }

  readonly #tell = (): void => {
    this.#frame = 0
    if (!this.viewpoint.settle()) return
    const { width, height } = this.#canvas
    this.#moved({ ...this.viewpoint.view, width, height, background: Number.parseInt(this.#background.slice(1), 16) })
  }

  /** `#rrggbb` of the page around; what JPEG cannot leave open is filled with it. */
  get #background (): string {
    const told = getComputedStyle(this.#canvas).getPropertyValue('--stage-bottom').trim()
    return /^#[0-9a-f]{6}$/i.test(told) ? told : '#ffffff'
  }
}
