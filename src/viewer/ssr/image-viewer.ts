import type { FrameMessage, SceneMessage, ServerMessage } from '../../stream-server/protocol.ts'
import type { Clock } from '../../clock.ts'
import { Extent } from '../extent.ts'
import { StreamError } from '../server-message.ts'
import { StreamConnection } from '../stream-connection.ts'
import type { StreamSource, StreamStatistics, ViewerListener } from '../streaming-viewer.ts'
import { listenToKeys } from '../view-keys.ts'
import { ImageStage } from './image-stage.ts'

/** How far the pointer may move between down and up for a click, in CSS pixels. */
const clickReach = 4

/** Shows pictures of a model that its stream server renders: at once while the view moves, without flaw when it rests. */
export class ImageViewer {
  readonly #clock: Clock
  readonly #listener: ViewerListener
  readonly #canvas: HTMLCanvasElement
  readonly #stage: ImageStage
  readonly #forgetKeys: () => void
  readonly #statistics: StreamStatistics = { triangles: 0, modelTriangles: 0, chunks: 0, bytes: 0, parts: 0, partsShown: 0, instances: 0, refining: true, held: 0, limited: false }
  #connection: StreamConnection | undefined
  #scene: SceneMessage | undefined
  #seq = 0
  /** Told of, not come yet. */
  #announced: FrameMessage | undefined
  /** Pictures are decoded one at a time, in the order of arrival. */
  #decoding = Promise.resolve()
  #picks = 0
  #pressed: { x: number, y: number } | undefined
  #over = false

  /** Throws an Error in words when the browser cannot show pictures. */
  constructor (canvas: HTMLCanvasElement, clock: Clock, listener: ViewerListener) {
    this.#clock = clock
    this.#canvas = canvas
    this.#listener = listener
    this.#stage = new ImageStage(canvas, view => { this.#connection?.send({ type: 'camera', seq: ++this.#seq, ...view }) })
    this.#forgetKeys = listenToKeys(canvas, this.#stage)
    canvas.addEventListener('pointerdown', this.#onDown)
    canvas.addEventListener('pointerup', this.#onUp)
  }

  /** Connects, once. */
  start ({ endpointUri, model, sessionToken }: StreamSource): void {
    if (this.#over || this.#connection !== undefined) return
    const connection = new StreamConnection(endpointUri, this.#clock, {
      opened: () => {
        this.#listener.phase('open')
        connection.send({ type: 'open', model, ...sessionToken === undefined ? {} : { token: sessionToken } })
      },
      message: message => { this.#receive(message) },
      glb: bytes => { this.#take(bytes) },
      lost: () => { this.#listener.connection(true) },
      // Pictures are not continued: the server paints the next camera anew.
      progress: () => ({ scene: this.#scene !== undefined, bytes: 0 }),
      restored: () => {
        this.#announced = undefined
        this.#listener.connection(false)
        this.#stage.tell()
      },
      ended: (words, orderly) => { if (!this.#over) this.#listener.ended(orderly ? 'closed' : 'failed', words) }
    })
    this.#connection = connection
  }

  /** Brings the whole model into view. */
  fit (): void {
    this.#stage.fit()
  }

  /** Ends the session and its stream server, and gives back everything. Twice is nothing. */
  shutdown (): void {
    this.#over = true
    this.#connection?.close()
    this.#forgetKeys()
    this.#canvas.removeEventListener('pointerdown', this.#onDown)
    this.#canvas.removeEventListener('pointerup', this.#onUp)
    this.#stage.close()
  }

  #receive (message: ServerMessage): void {
    switch (message.type) {
      case 'preparing':
        this.#listener.phase('preparing')
        return this.#listener.preparing(message)
      case 'scene':
        if (this.#scene !== undefined) throw new StreamError('The stream server sent a second scene.')
        this.#scene = message
        Object.assign(this.#statistics, { modelTriangles: message.triangles, parts: message.parts.length, instances: message.instances.length })
        this.#listener.phase('scene')
        return this.#stage.show(new Extent(message))
      case 'frame':
        if (this.#announced !== undefined || message.seq > this.#seq) throw new StreamError('The stream server sent a picture out of turn.')
        this.#announced = message
        break
      case 'picked':
        if (message.id === this.#picks) this.#select(message.instance)
        break
      case 'idle': // Of servers that stream geometry.
      case 'drop':
      case 'session':
      case 'error': // The close that follows ends it, in these words.
    }
  }

  #take (bytes: ArrayBuffer): void {
    const frame = this.#announced
    this.#announced = undefined
    if (frame === undefined || frame.bytes !== bytes.byteLength) throw new StreamError('The stream server sent a picture that it did not tell of.')
    this.#statistics.chunks++
    this.#statistics.bytes += bytes.byteLength
    this.#decoding = this.#decoding.then(() => this.#show(frame, bytes)).catch((error: unknown) => {
      console.error(error)
      this.#connection?.fail('The stream server sent a picture that cannot be read.')
    })
  }

  async #show (frame: FrameMessage, bytes: ArrayBuffer): Promise<void> {
    if (this.#over) return
    const picture = await createImageBitmap(new Blob([bytes], { type: `image/${frame.format}` }))
    this.#stage.put(picture)
    picture.close()
    this.#connection?.send({ type: 'shown', frame: frame.number })
    const complete = frame.complete && frame.seq === this.#seq
    Object.assign(this.#statistics, { triangles: frame.triangles, refining: !complete })
    if (frame.triangles > 0) this.#listener.phase('first-picture')
    if (complete) this.#listener.phase('complete')
    this.#listener.statistics({ ...this.#statistics })
  }

  #select (instance: number): void {
    this.#connection?.send({ type: 'mark', what: 'selected', runs: [instance, 1], on: true })
    const node = this.#scene?.instances[instance]?.node
    this.#canvas.dataset['selected'] = node === undefined ? '' : this.#scene?.nodes[node]?.name ?? ''
  }

  readonly #onDown = ({ clientX, clientY, isPrimary, button }: PointerEvent): void => {
    this.#pressed = isPrimary && button === 0 ? { x: clientX, y: clientY } : undefined
  }

  readonly #onUp = ({ clientX, clientY }: PointerEvent): void => {
    const from = this.#pressed
    this.#pressed = undefined
    if (from === undefined || Math.hypot(clientX - from.x, clientY - from.y) > clickReach || this.#statistics.chunks === 0) return
    const { left, top, width, height } = this.#canvas.getBoundingClientRect()
    const share = (value: number): number => Math.min(1, Math.max(0, value))
    this.#connection?.send({ type: 'pick', id: ++this.#picks, x: share((clientX - left) / width), y: share((clientY - top) / height) })
  }
}
