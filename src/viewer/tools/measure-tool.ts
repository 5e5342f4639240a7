import type { Vector3 } from 'three'
import { length } from '../quantities.ts'
import type { Inspection } from './inspection.ts'
import { element } from './markup.ts'
import type { Hit } from './picker.ts'

/** Pixels within which a corner of what was met draws the point to itself. */
const snap = 10
const svgSpace = 'http://www.w3.org/2000/svg'

/** The distance between two points that are picked one after the other, drawn over the picture. */
export class MeasureTool {
  readonly element = element('div', 'measure')
  readonly #inspection: Inspection
  readonly #line = document.createElementNS(svgSpace, 'line')
  readonly #ends = [document.createElementNS(svgSpace, 'circle'), document.createElementNS(svgSpace, 'circle')]
  readonly #label = element('output', '')
  readonly #hint = element('p', '')
  #points: Vector3[] = []
  #on = false

  constructor (inspection: Inspection) {
    this.#inspection = inspection
    const svg = document.createElementNS(svgSpace, 'svg')
    svg.setAttribute('aria-hidden', 'true')
    for (const end of this.#ends) end.setAttribute('r', '4')
    svg.append(this.#line, ...this.#ends)
    this.#hint.setAttribute('role', 'status')
    this.element.append(svg, this.#label, this.#hint)
    this.element.hidden = true
    inspection.events.on('drawn', () => { this.#draw() })
  }

  get on (): boolean {
    return this.#on
  }

  set (on: boolean): void {
    this.#on = on
    this.#points = []
    this.element.hidden = !on
    this.#draw()
    this.#inspection.events.tell('changed', undefined)
  }

  /** Takes in what was picked: the first point, the second, and then the first of the next. */
  take (hit: Hit | undefined): void {
    if (hit === undefined) return
    if (this.#points.length === 2) this.#points = []
    this.#points.push(this.#snapped(hit))
    this.#draw()
  }

  #snapped ({ point, corners }: Hit): Vector3 {
    const here = this.#inspection.seen(point)
    if (here === undefined) return point
    const near = corners.map(corner => {
      const there = this.#inspection.seen(corner)
      return { corner, distance: there === undefined ? Infinity : Math.hypot(there.x - here.x, there.y - here.y) }
    }).sort((a, b) => a.distance - b.distance)[0]
    return near !== undefined && near.distance < snap ? near.corner : point
  }

  #draw (): void {
    if (!this.#on) return
    const [from, to] = this.#points
    this.#hint.textContent = from === undefined ? 'Click the first point' : to === undefined ? 'Click the second point' : 'Click for the next measure, Esc ends'
    const places = [from, to].map(point => point === undefined ? undefined : this.#inspection.seen(point))
    for (const [index, end] of this.#ends.entries()) put(end, { cx: places[index]?.x, cy: places[index]?.y })
    const [a, b] = places
    put(this.#line, a === undefined || b === undefined ? { x1: undefined } : { x1: a.x, y1: a.y, x2: b.x, y2: b.y })
    this.#label.hidden = from === undefined || to === undefined || a === undefined || b === undefined
    if (from === undefined || to === undefined || a === undefined || b === undefined) return
    this.#label.textContent = length(from.distanceTo(to))
    this.#label.style.left = `${(a.x + b.x) / 2}px`
    this.#label.style.top = `${(a.y + b.y) / 2}px`
  }
}

/** Sets numbers as attributes; an element that lacks one is not shown. */
function put (element: SVGElement, numbers: Record<string, number | undefined>): void {
  element.style.display = Object.values(numbers).includes(undefined) ? 'none' : ''
  for (const [name, value] of Object.entries(numbers)) if (value !== undefined) element.setAttribute(name, String(value))
}
