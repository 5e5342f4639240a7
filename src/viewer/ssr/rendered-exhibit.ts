import { Vector3 } from 'three'
import type { Plane } from 'three'
import type { ClientMessage, MarkMessage, PickedMessage, StyleMessage } from '../../stream-server/protocol.ts'
import { allMarks, marksBetween } from '../marks.ts'
import type { Exhibit } from '../tools/exhibit.ts'
import type { Hit } from '../tools/picker.ts'
import type { Viewpoint } from '../viewpoint.ts'
import type { ImageStage } from './image-stage.ts'

type Marks = Record<MarkMessage['what'], ReadonlySet<number>>

/** A model in pictures that its stream server makes: what is done with it is told to the server, as far as it changed. */
export class RenderedExhibit implements Exhibit {
  readonly #stage: ImageStage
  readonly #canvas: HTMLCanvasElement
  readonly #send: (message: ClientMessage) => void
  /** As the server knows them. */
  #told: Marks = { selected: new Set(), hidden: new Set() }
  #style: StyleMessage = { type: 'style', ghosts: false, edges: false, explosion: 0, section: null }
  #picks = 0
  /** Who waits for which answer. */
  readonly #waiting = new Map<number, (hit: Hit | undefined) => void>()

  constructor (stage: ImageStage, canvas: HTMLCanvasElement, send: (message: ClientMessage) => void) {
    this.#stage = stage
    this.#canvas = canvas
    this.#send = send
  }

  get viewpoint (): Viewpoint {
    return this.#stage.viewpoint
  }

  get edges (): boolean {
    return this.#style.edges
  }

  setEdges (edges: boolean): void {
    this.#restyle({ edges })
  }

  paint (selected: ReadonlySet<number>, ghosts: boolean): void {
    this.#mark('selected', selected)
    if (ghosts !== this.#style.ghosts) this.#restyle({ ghosts })
  }

  uncover (hidden: ReadonlySet<number>): void {
    this.#mark('hidden', hidden)
  }

  cut (plane: Plane | undefined): void {
    this.#restyle({ section: plane === undefined ? null : [plane.normal.x, plane.normal.y, plane.normal.z, plane.constant] })
  }

  explode (explosion: number): void {
    this.#restyle({ explosion })
  }

  async pick (x: number, y: number): Promise<Hit | undefined> {
    const share = (value: number): number => Math.min(1, Math.max(0, value))
    const id = ++this.#picks
    return await new Promise(resolve => {
      this.#waiting.set(id, resolve)
      this.#send({ type: 'pick', id, x: share(x / this.#canvas.clientWidth), y: share(y / this.#canvas.clientHeight) })
    })
  }

  /** The server's answer to a pick. */
  picked ({ id, instance, point }: PickedMessage): void {
    const resolve = this.#waiting.get(id)
    this.#waiting.delete(id)
    resolve?.(point === undefined ? undefined : { instance, point: new Vector3(...point), corners: [] })
  }

  /** Says everything once more, to a server that may not have heard all of it; what was asked of it is not answered any more. */
  repeat (): void {
    for (const id of [...this.#waiting.keys()]) this.picked({ type: 'picked', id, instance: -1 })
    for (const what of ['selected', 'hidden'] as const) {
      for (const message of allMarks(what, this.#told[what])) this.#send(message)
    }
    this.#send(this.#style)
  }

  async picture (): Promise<Blob> {
    return await this.#stage.picture()
  }

  /** The server paints anew by itself whatever it is told. */
  invalidate (): void {}

  close (): void {
    for (const id of [...this.#waiting.keys()]) this.picked({ type: 'picked', id, instance: -1 })
  }

  #mark (what: MarkMessage['what'], now: ReadonlySet<number>): void {
    for (const message of marksBetween(what, this.#told[what], now)) this.#send(message)
    this.#told = { ...this.#told, [what]: new Set(now) }
  }

  #restyle (change: Partial<StyleMessage>): void {
    this.#style = { ...this.#style, ...change }
    this.#send(this.#style)
  }
}
