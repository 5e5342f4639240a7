import { SRGBColorSpace, Vector2, WebGLRenderTarget, type Camera, type Scene, type WebGLRenderer } from 'three'

/** Of each pixel: what lies on an edge is mixed from them. */
const samples = 4

/** Draws with smooth edges. The canvas itself has hard ones, which cost a third of that where there is no graphics card. */
export class SmoothTarget {
  readonly #renderer: WebGLRenderer
  /** The colours in it are those of the canvas, as they are. */
  readonly #target = new WebGLRenderTarget(1, 1, { samples, colorSpace: SRGBColorSpace, internalFormat: 'RGBA8', resolveDepthBuffer: false })

  constructor (renderer: WebGLRenderer) {
    this.#renderer = renderer
    // Else three would take it for something to go on reckoning with, and write linear colours.
    Object.assign(this.#target, { isXRRenderTarget: true })
  }

  /** Fills the canvas. */
  render (scene: Scene, camera: Camera): void {
    const renderer = this.#renderer
    const { x: width, y: height } = renderer.getDrawingBufferSize(new Vector2())
    this.#target.setSize(width, height)
    renderer.setRenderTarget(this.#target)
    renderer.render(scene, camera)
    renderer.setRenderTarget(null)
    const context = renderer.getContext() as WebGL2RenderingContext
    const { __webglFramebuffer: from } = renderer.properties.get(this.#target) as { __webglFramebuffer: WebGLFramebuffer }
    renderer.state.bindFramebuffer(context.READ_FRAMEBUFFER, from)
    renderer.state.bindFramebuffer(context.DRAW_FRAMEBUFFER, null)
    context.blitFramebuffer(0, 0, width, height, 0, 0, width, height, context.COLOR_BUFFER_BIT, context.NEAREST)
  }

  dispose (): void {
    this.#target.dispose()
  }
}
