import type { Inspection } from './inspection.ts'
import type { MeasureTool } from './measure-tool.ts'

/** Pixels that a pointer may stray between press and release and still click. */
const steady = 5

/** Clicks and keys on the picture: selects, measures, hides. Dragging stays the camera's. */
export class Pointing {
  readonly #canvas: HTMLCanvasElement
  readonly #inspection: Inspection
  readonly #measure: MeasureTool
  readonly #over = new AbortController()
  #pressed: { x: number, y: number, id: number } | undefined

  constructor (canvas: HTMLCanvasElement, inspection: Inspection, measure: MeasureTool) {
    this.#canvas = canvas
    this.#inspection = inspection
    this.#measure = measure
    const { signal } = this.#over
    canvas.addEventListener('pointerdown', event => {
      this.#pressed = event.isPrimary && event.button === 0 ? { x: event.clientX, y: event.clientY, id: event.pointerId } : undefined
    }, { signal })
    canvas.addEventListener('pointerup', event => { void this.#released(event) }, { signal })
    canvas.addEventListener('keydown', event => { this.#key(event) }, { signal })
  }

  close (): void {
    this.#over.abort()
  }

  async #released (event: PointerEvent): Promise<void> {
    const pressed = this.#pressed
    this.#pressed = undefined
    if (pressed?.id !== event.pointerId || Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > steady) return
    const { left, top } = this.#canvas.getBoundingClientRect()
    const hit = await this.#inspection.pick(event.clientX - left, event.clientY - top)
    if (this.#measure.on) this.#measure.take(hit)
    else if (hit !== undefined) this.#inspection.select([hit.instance], event.ctrlKey || event.metaKey || event.shiftKey)
    else if (!event.ctrlKey && !event.metaKey && !event.shiftKey) this.#inspection.select([])
  }

  #key (event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const inspection = this.#inspection
    switch (event.key) {
      case 'Escape':
        if (this.#measure.on) return this.#measure.set(false)
        return inspection.select([])
      case 'h': case 'H': return inspection.hideSelection()
      case 'i': case 'I': return inspection.isolate(inspection.selected)
      case 'a': case 'A': return inspection.showAll()
    }
  }
}
