import type { PickedMessage } from '../protocol.ts'
import type { Artist, Painted } from './artist.ts'
import type { Shot } from './composition.ts'
import { Framebuffer } from './framebuffer.ts'
import { giveBack } from './give-back.ts'
import type { FromPainter, PaintOrder } from './orders.ts'
import { worldPoint } from './unproject.ts'

/** Carries out orders with one artist: holds the canvas, and the mean of many pictures of a view that rests. */
export class Easel {
  #artist: Artist
  #instances: number
  #now: () => number
  #canvas = new Framebuffer(1, 1)
  #sums = new Uint16Array(0)
  #samples = 0
  #view: PaintOrder['view'] | null = null
  /** What the canvas shows. */
  #seen: Pick<PaintOrder, 'view' | 'background'> | null = null
  /** All of it is there: no picture was given up half-way. */
  #whole = false
  #arrangement = -1

  /** Of a scene of so many `instances`; `now` answers milliseconds. */
  constructor (artist: Artist, instances: number, now: () => number) {
    this.#artist = artist
    this.#instances = instances
    this.#now = now
  }

  /** What is at a place of the last picture, and where in the world; shares of its sides, 0 to 1. */
  async pick (x: number, y: number): Promise<Pick<PickedMessage, 'instance' | 'point'>> {
    await this.#makeWhole()
    await this.#artist.reveal?.(this.#canvas)
    const { width, height, ids, depth } = this.#canvas
    const column = Math.min(width - 1, Math.floor(x * width))
    const row = Math.min(height - 1, Math.floor(y * height))
    const instance = (ids[row * width + column] ?? 0) - 1
    if (instance < 0 || this.#seen === null) return { instance }
    const point = worldPoint(this.#seen.view.viewProjection, 2 * x - 1, 1 - 2 * y, 1 - depth[row * width + column]!)
    return point === null ? { instance } : { instance, point }
  }

  /** Nothing is to be painted for the time being: gives back what only painting needs. What is seen can still be picked from. */
  rest (): void {
    giveBack(this.#sums.buffer)
    this.#sums = new Uint16Array(0)
    this.#samples = 0
  }

  /** Paints into the order's pixels, unless `superseded` tells it to stop. */
  async paint (order: PaintOrder, superseded: () => boolean): Promise<FromPainter> {
    const { seq, width, height, samples, view, arrangement, background, pixels } = order
    const started = this.#now()
    const color = new Uint32Array(pixels)
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas = new Framebuffer(width, height, { color, instances: this.#instances })
      this.#samples = 0
    }
    const canvas = this.#canvas
    this.#seen = { view, background }
    // Painted where it is sent from: a canvas that keeps its colours would cost as much again.
    canvas.color = color
    if (samples === 1) {
      this.#samples = 0
      const painted = await this.#draw({ view, background, sample: 0 }, superseded)
      if (painted === null) return { type: 'stopped', seq, pixels }
      return { type: 'painted', seq, width, height, samples, ...painted, milliseconds: this.#now() - started, pixels }
    }
    if (this.#samples === 0 || arrangement !== this.#arrangement || !same(view, this.#view)) this.#begin(order)
    let last: Painted = { triangles: 0, wanted: [], textures: [] }
    while (this.#samples < samples) {
      const painted = await this.#draw({ view, background, sample: this.#samples + 1 }, superseded)
      if (painted === null) return { type: 'stopped', seq, pixels }
      last = painted
      // What is missing would only be painted blurred.
      if (painted.wanted.length + painted.textures.length > 0) {
        this.#samples = 0
        return { type: 'painted', seq, width, height, samples: 1, ...painted, milliseconds: this.#now() - started, pixels }
      }
      this.#add(canvas.color)
    }
    this.#mean(canvas.color)
    return { type: 'painted', seq, width, height, samples, ...last, milliseconds: this.#now() - started, pixels }
  }

  async #draw (shot: Shot, superseded: () => boolean): Promise<Painted | null> {
    this.#whole = false
    const painted = await this.#artist.paint(this.#canvas, shot, superseded)
    this.#whole = painted !== null
    return painted
  }

  /** What was given up half-way is painted once more. */
  async #makeWhole (): Promise<void> {
    if (this.#whole || this.#seen === null) return
    const canvas = this.#canvas
    // The colours went with the answer.
    canvas.color = new Uint32Array(canvas.width * canvas.height)
    await this.#draw({ ...this.#seen, sample: 0 }, () => false)
    canvas.color = new Uint32Array(0)
  }

  #begin ({ width, height, view, arrangement }: PaintOrder): void {
    if (this.#sums.length !== width * height * 3) this.#sums = new Uint16Array(width * height * 3)
    else this.#sums.fill(0)
    this.#samples = 0
    this.#view = view
    this.#arrangement = arrangement
  }

  #add (color: Uint32Array): void {
    const sums = this.#sums
    for (let from = 0, to = 0; from < color.length; from++, to += 3) {
      const value = color[from]!
      sums[to]! += value & 255
      sums[to + 1]! += value >> 8 & 255
      sums[to + 2]! += value >> 16 & 255
    }
    this.#samples++
  }

  #mean (out: Uint32Array): void {
    const sums = this.#sums
    const share = 1 / this.#samples
    for (let to = 0, from = 0; to < out.length; to++, from += 3) {
      out[to] = 0xff000000 | (sums[from + 2]! * share + 0.5) << 16 | (sums[from + 1]! * share + 0.5) << 8 | (sums[from]! * share + 0.5)
    }
  }
}

const same = (a: PaintOrder['view'], b: PaintOrder['view'] | null): boolean =>
  b !== null && a.tolerance === b.tolerance && a.viewProjection.every((value, i) => value === b.viewProjection[i])
