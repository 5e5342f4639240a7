import type { Clock } from '../clock.ts'
import type { PreparingMessage, SceneMessage, ServerMessage } from '../stream-server/protocol.ts'
import { CameraFeed } from './camera-feed.ts'
import { Extent } from './extent.ts'
import { Finishes } from './finishes.ts'
import { GlbDecoder } from './glb-decoder.ts'
import { PartStore } from './part-store.ts'
import type { Phase } from './phases.ts'
import { StreamError } from './server-message.ts'
import { rehearse } from './rehearsal.ts'
import { Stage } from './stage.ts'
import { StreamConnection } from './stream-connection.ts'
import { Inspection } from './tools/inspection.ts'
import { listenToKeys } from './view-keys.ts'

export interface StreamStatistics {
  /** Triangles in the last drawn frame. */
  triangles: number
  /** Triangles of the whole model at full detail. */
  modelTriangles: number
  /** GLB files received, and their bytes. */
  chunks: number
  bytes: number
  parts: number
  /** Parts of which something is shown. */
  partsShown: number
  instances: number
  /** True while the server still has something to send for what is seen now. */
  refining: boolean
}

export interface ViewerListener {
  phase (phase: Phase): void
  preparing (progress: PreparingMessage): void
  /** The scene is known: from now on it can be inspected. */
  inspectable (inspection: Inspection): void
  /** After each drawn frame, and when the picture is complete. */
  statistics (statistics: StreamStatistics): void
  /** The stream is over, said in a sentence; the last picture stays. Called at most once, and never after `shutdown`. */
  ended (how: 'closed' | 'failed', words: string): void
}

export interface StreamSource {
  /** WebSocket URL of the session's stream server. */
  endpointUri: string
  /** Bare model name. */
  model: string
  sessionToken?: string
}

/** Shows a model as it streams in: coarse and complete first, finer where the camera looks. */
export class StreamingViewer {
  readonly #listener: ViewerListener
  readonly #stage: Stage
  readonly #feed: CameraFeed
  readonly #finishes = new Finishes()
  readonly #decoder = new GlbDecoder()
  readonly #forgetKeys: () => void
  readonly #statistics: StreamStatistics = { triangles: 0, modelTriangles: 0, chunks: 0, bytes: 0, parts: 0, partsShown: 0, instances: 0, refining: true }
  #connection: StreamConnection | undefined
  #store: PartStore | undefined
  #inspection: Inspection | undefined
  /** One GLB is decoded at a time, in the order of arrival. */
  #decoding = Promise.resolve()
  #undecoded = 0
  #idleFor = 0
  #over = false

  /** Throws an Error in words when the browser cannot draw. */
  constructor (canvas: HTMLCanvasElement, clock: Clock, listener: ViewerListener) {
    this.#listener = listener
    this.#stage = new Stage(canvas, {
      drawn: triangles => { this.#drawn(triangles) },
      lost: () => { this.#connection?.fail('The browser took the drawing surface away. Close this viewer and create a new one.') }
    })
    rehearse(this.#stage, this.#finishes)
    this.#forgetKeys = listenToKeys(canvas, this.#stage)
    this.#feed = new CameraFeed(clock, message => { this.#connection?.send(message) })
  }

  /** Connects, once. */
  start (source: StreamSource): void {
    if (this.#over || this.#connection !== undefined) return
    const { endpointUri, model, sessionToken } = source
    const connection = new StreamConnection(endpointUri, {
      opened: () => {
        this.#listener.phase('open')
        connection.send({ type: 'open', model, ...sessionToken === undefined ? {} : { token: sessionToken } })
      },
      message: message => { this.#receive(message) },
      glb: bytes => { this.#take(bytes) },
      ended: (words, orderly) => { this.#end(orderly ? 'closed' : 'failed', words) }
    })
    this.#connection = connection
  }

  /** Brings the whole model into view. */
  fit (): void {
    this.#stage.fit()
  }

  /** Ends the session and its stream server; the last picture stays. */
  leave (): void {
    this.#over = true
    this.#connection?.close()
    this.#feed.close()
  }

  /** Ends the session and its stream server, and gives back everything. Twice is nothing. */
  shutdown (): void {
    this.leave()
    this.#forgetKeys()
    this.#inspection?.close()
    this.#store?.dispose()
    this.#finishes.dispose()
    this.#stage.close()
  }

  #receive (message: ServerMessage): void {
    switch (message.type) {
      case 'preparing':
        this.#listener.phase('preparing')
        return this.#listener.preparing(message)
      case 'scene': return this.#build(message)
      case 'idle':
        this.#idleFor = message.seq
        return this.#stage.stale ? undefined : this.#report()
      case 'frame': // Of servers that render: this one asked for geometry.
      case 'picked':
      case 'error': // The close that follows ends it, in these words.
    }
  }

  #build (scene: SceneMessage): void {
    if (this.#store !== undefined) throw new StreamError('The stream server sent a second scene.')
    this.#store = new PartStore(scene, this.#finishes)
    this.#stage.scene.add(this.#store.root)
    Object.assign(this.#statistics, { modelTriangles: scene.triangles, parts: scene.parts.length, instances: scene.instances.length })
    this.#inspection = new Inspection(scene, this.#store, this.#stage)
    this.#listener.phase('scene')
    this.#stage.show(new Extent(scene))
    this.#listener.inspectable(this.#inspection)
  }

  #take (bytes: ArrayBuffer): void {
    this.#undecoded++
    this.#statistics.chunks++
    this.#statistics.bytes += bytes.byteLength
    const received = this.#statistics.bytes
    this.#decoding = this.#decoding.then(() => this.#show(bytes)).then(
      () => { this.#connection?.send({ type: 'received', bytes: received }) },
      (error: unknown) => {
        console.error(error)
        this.#connection?.fail(error instanceof StreamError ? error.message : `The viewer had an error of its own: ${String(error)}`)
      }
    ).finally(() => { this.#undecoded-- })
  }

  async #show (bytes: ArrayBuffer): Promise<void> {
    if (this.#over) return
    const { part, level, geometry } = await this.#decoder.decode(bytes)
    if (this.#over) return
    if (this.#store?.knows(part, level) !== true) throw new StreamError('The stream server sent geometry of a part that the scene does not have.')
    this.#store.show(part, level, geometry)
    this.#inspection?.refined(part)
    this.#stage.invalidate()
  }

  #drawn (triangles: number): void {
    if (this.#store === undefined || this.#over) return
    this.#feed.moved(this.#stage.view)
    this.#statistics.triangles = triangles
    this.#inspection?.events.tell('drawn', undefined)
    if (triangles > 0) this.#listener.phase('first-picture')
    this.#report()
  }

  #report (): void {
    const complete = this.#feed.settled && this.#idleFor === this.#feed.newest && this.#undecoded === 0
    Object.assign(this.#statistics, { partsShown: this.#store?.partsShown ?? 0, refining: !complete })
    if (complete) this.#listener.phase('complete')
    this.#listener.statistics({ ...this.#statistics })
  }

  #end (how: 'closed' | 'failed', words: string): void {
    this.#over = true
    this.#feed.close()
    this.#listener.ended(how, words)
  }
}
