import type { FrameMessage, SceneMessage, ServerMessage } from '../../stream-server/protocol.ts'
import type { Clock } from '../../clock.ts'
import { Extent } from '../extent.ts'
import { pictureAsTold } from '../received-picture.ts'
import { StreamError } from '../server-message.ts'
import { StreamConnection } from '../stream-connection.ts'
import type { StreamSource, StreamStatistics, ViewerListener } from '../streaming-viewer.ts'
import { Assembly } from '../tools/assembly.ts'
import { Inspection } from '../tools/inspection.ts'
import { listenToKeys } from '../view-keys.ts'
import type { Place, WayBack } from '../way-back.ts'
import { ImageStage } from './image-stage.ts'
import { RenderedExhibit } from './rendered-exhibit.ts'

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
  #exhibit: RenderedExhibit | undefined
  #inspection: Inspection | undefined
  /** Where the model is to be looked at from first. */
  #place: Place | undefined
  #over = false

  /** Throws an Error in words when the browser cannot show pictures. */
  constructor (canvas: HTMLCanvasElement, clock: Clock, listener: ViewerListener) {
    this.#clock = clock
    this.#canvas = canvas
    this.#listener = listener
    this.#stage = new ImageStage(canvas, view => {
      this.#connection?.send({ type: 'camera', seq: ++this.#seq, ...view })
      this.#inspection?.events.tell('drawn', undefined)
    })
    this.#forgetKeys = listenToKeys(canvas, this.#stage.viewpoint)
  }

  /** Connects, once; and once more after a session is `gone`. */
  start ({ endpointUri, model, sessionToken, back }: StreamSource): void {
    if (this.#over || this.#connection !== undefined) return
    if (back !== undefined) {
      this.#seq = back.seq
      this.#place = back.place
    }
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
        this.#listener.phase('open')
        this.#listener.connection(false)
        this.#exhibit?.repeat()
        this.#stage.tell()
      },
      gone: () => {
        this.#connection = undefined
        this.#listener.gone()
      },
      ended: (words, orderly) => { if (!this.#over) this.#listener.ended(orderly ? 'closed' : 'failed', words) }
    }, back)
    this.#connection = connection
  }

  /** Brings the whole model into view. */
  fit (): void {
    this.#stage.viewpoint.fit()
  }

  /** The page goes away and may be loaded again. `keep` hears of the way back to the session, where there is one; the session ends if it cannot keep that. */
  depart (keep: (back: WayBack) => boolean): void {
    if (this.#over) return
    const place = this.#stage.viewpoint.place ?? (this.#scene === undefined ? this.#place : undefined)
    this.#connection?.depart(back => keep({ ...back, seq: this.#seq, ...place && { place } }))
  }

  /** Ends the session and its stream server; the last picture stays. */
  leave (): void {
    this.#over = true
    this.#connection?.close()
  }

  /** Somebody is there: the session is not to end for want of use. */
  stay (): void { this.#connection?.send({ type: 'stay' }) }

  /** Ends the session and its stream server, and gives back everything. Twice is nothing. */
  shutdown (): void {
    this.leave()
    this.#forgetKeys()
    this.#inspection?.close()
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
        return this.#build(message)
      case 'frame':
        if (this.#announced !== undefined || message.seq > this.#seq) throw new StreamError('The stream server sent a picture out of turn.')
        this.#announced = message
        break
      case 'picked':
        this.#exhibit?.picked(message)
        break
      case 'ending': return this.#listener.ending(message.seconds === null ? undefined : { reason: message.reason, seconds: message.seconds })
      case 'idle': // Of servers that stream geometry.
      case 'drop':
      case 'session':
      case 'error': // The close that follows ends it, in these words.
    }
  }

  #build (scene: SceneMessage): void {
    this.#exhibit = new RenderedExhibit(this.#stage, this.#canvas, message => { this.#connection?.send(message) })
    this.#inspection = new Inspection(new Assembly(scene), this.#exhibit)
    this.#stage.viewpoint.show(new Extent(scene))
    if (this.#place !== undefined) this.#stage.viewpoint.stand(this.#place)
    // A session that another page had knows what was done there.
    this.#exhibit.repeat()
    this.#listener.inspectable(this.#inspection)
  }

  #take (bytes: ArrayBuffer): void {
    const frame = this.#announced
    this.#announced = undefined
    if (frame === undefined || frame.bytes !== bytes.byteLength) throw new StreamError('The stream server sent a picture that it did not tell of.')
    this.#statistics.chunks++
    this.#statistics.bytes += bytes.byteLength
    this.#decoding = this.#decoding.then(() => this.#show(frame, bytes)).catch((error: unknown) => {
      console.error(error)
      this.#connection?.fail(error instanceof StreamError ? error.message : 'The stream server sent a picture that cannot be read.')
    })
  }

  async #show (frame: FrameMessage, bytes: ArrayBuffer): Promise<void> {
    if (this.#over) return
    const picture = await createImageBitmap(pictureAsTold(bytes, { mimeType: `image/${frame.format}`, width: frame.width, height: frame.height }))
    if (this.#over) return picture.close()
    this.#stage.put(picture, frame.top, frame.whole)
    picture.close()
    this.#connection?.send({ type: 'shown', frame: frame.number })
    const complete = frame.complete && frame.seq === this.#seq
    Object.assign(this.#statistics, { triangles: frame.triangles, refining: !complete })
    if (frame.triangles > 0) this.#listener.phase('first-picture')
    if (complete) this.#listener.phase('complete')
    this.#listener.statistics({ ...this.#statistics })
  }
}
