import type { Clock } from '../../clock.ts'
import type { FrameMessage } from '../protocol.ts'
import { JpegEncoder } from './jpeg.ts'
import { Link } from './link.ts'
import type { Means } from './pace.ts'
import { encodePng } from './png.ts'

/** Where files go: a WebSocket, seen narrowly. */
export interface PictureOutlet {
  /** Bytes that were accepted and have not left yet. Whoever owns the outlet calls `resume` when some have. */
  readonly buffered: number
  sendFrame (message: FrameMessage, file: Buffer): void
  /** Sends a ping, whose answer is told by `pong`. */
  ping (mark: string): void
}

/** A painted picture on its way out. */
export interface Picture {
  seq: number
  width: number
  height: number
  pixels: ArrayBuffer
  triangles: number
  format: FrameMessage['format']
  /** Of a JPEG file. */
  quality: number
  /** Nothing better comes for its camera. */
  complete: boolean
  /** With which means it was made, if the camera moves: such pictures go in one piece, all others in strips that do not fill the way. */
  means: Means | null
}

/** Files that the viewer has not shown, at most. */
const mostUnseen = 2
const mostBuffered = 131_072
/** What a strip may take on its way, milliseconds: so long a moving picture may have to wait, for each that is unseen. */
const stripMs = 50
/** What takes no more than so many times that goes in one piece: it cannot be told from the viewer's own delays. */
const onePiece = 2.5
/** Squares of a JPEG file have so many rows. */
const square = 16

export interface PictureOutflowSettings {
  outlet: PictureOutlet
  clock: Clock
  /** A file with the picture of a moving camera is made: so many bytes, on a way that takes so many a second. */
  onEncoded: (means: Means, bytes: number, rate: number) => void
  /** The pixels of a picture are not needed any more. */
  onSpare: (pixels: ArrayBuffer) => void
  /** There is room for more. */
  onRoom: () => void
  onBroken: (error: Error) => void
}

/** Encodes pictures and sends them, as fast as the viewer shows them. */
export class PictureOutflow {
  #settings: PictureOutflowSettings
  #link = new Link()
  #jpeg = new JpegEncoder()
  /** The first is being sent. */
  #queue: Picture[] = []
  /** Rows of the first that are sent. */
  #rows = 0
  #encoding = false
  /** Bytes of a row of the picture's format, as it was last. */
  #density = { jpeg: 64, png: 192 }
  #number = 0

  constructor (settings: PictureOutflowSettings) {
    this.#settings = settings
  }

  /** Number of the newest file sent. */
  get number (): number {
    return this.#number
  }

  /** No picture is on its way to the outlet. */
  get isEmpty (): boolean {
    return this.#queue.length === 0
  }

  /** Milliseconds until another picture may be begun that takes `lead` milliseconds to make; Infinity: not before room is told of. */
  wait (lead: number): number {
    const { outlet, clock } = this.#settings
    if (this.#link.unseen + this.#queue.length >= mostUnseen || outlet.buffered > mostBuffered) return Infinity
    return Math.max(0, this.#link.backlog(clock.now()) - lead)
  }

  /** Takes a picture on; it is encoded soon. */
  send (picture: Picture): void {
    this.#queue.push(picture)
    queueMicrotask(() => { void this.#pump() })
  }

  /** Pictures of a camera at rest are not wanted any more, however much of them is sent. */
  abandon (): void {
    if (this.#queue[0]?.means === null) this.#rows = 0
    const dropped = this.#queue.filter(({ means }) => means === null)
    this.#queue = this.#queue.filter(({ means }) => means !== null)
    for (const { pixels } of dropped) this.#settings.onSpare(pixels)
  }

  /** The viewer shows file `number`, at most `this.number`. */
  acknowledge (number: number): void {
    this.#link.shown(number, this.#settings.clock.now())
    this.resume()
  }

  /** The ping with this mark was answered. */
  pong (mark: string): void {
    this.#link.answered(mark, this.#settings.clock.now())
  }

  /** There is another outlet behind the same face: what was sent may not have come. */
  restart (): void {
    this.abandon()
    this.#link.restart()
  }

  resume (): void {
    void this.#pump()
    this.#settings.onRoom()
  }

  async #pump (): Promise<void> {
    const picture = this.#queue[0]
    if (picture === undefined || this.#encoding) return
    const { outlet, clock, onEncoded, onSpare, onRoom, onBroken } = this.#settings
    if (picture.means === null && (this.#link.unseen >= mostUnseen || outlet.buffered > mostBuffered)) return
    this.#encoding = true
    try {
      const { file, rows } = await this.#encode(picture, this.#rows)
      this.#encoding = false
      if (this.#queue[0] === picture) {
        const { seq, width, height, format, triangles, means } = picture
        const top = this.#rows
        const last = top + rows === height
        this.#rows = last ? 0 : top + rows
        if (last) {
          this.#queue.shift()
          onSpare(picture.pixels)
        }
        const mark = this.#link.probe(clock.now())
        if (mark !== null) outlet.ping(mark)
        if (means !== null) onEncoded(means, file.length, this.#link.rate)
        this.#link.sent(++this.#number, file.length, clock.now())
        outlet.sendFrame({ type: 'frame', number: this.#number, seq, width, height: rows, top, whole: height, format, bytes: file.length, triangles, complete: last && picture.complete }, file)
      }
      onRoom()
      void this.#pump()
    } catch (error) {
      onBroken(error as Error)
    }
  }

  /** The rows from `top` on that the way takes at once. */
  async #encode (picture: Picture, top: number): Promise<{ file: Buffer, rows: number }> {
    const { pixels, width, height, format, quality, means } = picture
    const budget = this.#link.rate * stripMs / 1000
    const left = height - top
    let rows = left
    if (means === null && left * this.#density[format] > onePiece * budget) rows = Math.min(left, Math.max(1, Math.floor(budget / this.#density[format] / square)) * square)
    for (;;) {
      const colors = new Uint32Array(pixels, top * width * 4, rows * width)
      const file = format === 'png' ? await encodePng(colors, width, rows) : this.#jpeg.encode(colors, width, rows, quality)
      if (means !== null || this.#queue[0] !== picture) return { file, rows }
      this.#density[format] = file.length / rows
      // Rows differ: there may be much more in these than in those before.
      if (file.length <= onePiece * budget || rows <= square) return { file, rows }
      rows = Math.max(square, (rows >> 5) * square)
    }
  }
}
