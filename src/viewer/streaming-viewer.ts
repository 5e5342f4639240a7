import type { Clock } from '../clock.ts'
import type { BudgetMessage, EndingMessage, PreparingMessage, SceneMessage, ServerMessage, StreamingMode } from '../stream-server/protocol.ts'
import { ArrangementFeed } from './arrangement-feed.ts'
import { CameraFeed } from './camera-feed.ts'
import { Extent } from './extent.ts'
import { fetchSingleFile } from './fetch-single-file.ts'
import { Finishes } from './finishes.ts'
import { Inflow } from './inflow.ts'
import { PartStore } from './part-store.ts'
import type { Phase } from './phases.ts'
import { bytes as inWords } from './quantities.ts'
import { rehearse } from './rehearsal.ts'
import { runsOf } from './runs.ts'
import { StreamError } from './server-message.ts'
import { readSingleFile } from './single-file-reader.ts'
import { Stage } from './stage.ts'
import { StreamConnection } from './stream-connection.ts'
import { Assembly } from './tools/assembly.ts'
import { DrawnExhibit } from './tools/drawn-exhibit.ts'
import { Inspection } from './tools/inspection.ts'
import { listenToKeys } from './view-keys.ts'
import type { Place, WayBack } from './way-back.ts'

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
  /** The geometry held, in bytes. */
  held: number
  /** True when the budget has no room for all that the view asks for. */
  limited: boolean
}

export interface ViewerListener {
  phase (phase: Phase): void
  preparing (progress: PreparingMessage): void
  /** The scene is known: from now on it can be inspected. */
  inspectable (inspection: Inspection): void
  /** After each drawn frame, and when the picture is complete. */
  statistics (statistics: StreamStatistics): void
  /** The connection was lost and is tried for again, or it is there again. */
  connection (lost: boolean): void
  /** The session that another page had is over: `start` begins another. */
  gone (): void
  /** A limit of time is about to end the session; undefined: it is not, after all. */
  ending (ending: { reason: EndingMessage['reason'], seconds: number } | undefined): void
  /** The stream is over, said in a sentence; the last picture stays. Called at most once, and never after `shutdown`. */
  ended (how: 'closed' | 'failed', words: string): void
}

export interface StreamSource {
  /** WebSocket URL of the session's stream server. */
  endpointUri: string
  /** Bare model name. */
  model: string
  sessionToken?: string
  /** What of the model is streamed; `interactive`, what is seen, when left out. */
  streamingMode?: StreamingMode
  /** How much geometry is held and drawn at most. */
  budget?: Partial<Budget>
  /** The session was another page's: it goes on here. */
  back?: WayBack
}

type Budget = Pick<BudgetMessage, 'bytes' | 'triangles'>
/** What a tab of an ordinary computer can be asked to hold and to draw. */
const usualBudget: Budget = { bytes: 512 * 2 ** 20, triangles: 20_000_000 }

/** Shows a model as it streams in: coarse and complete first, finer where the camera looks. */
export class StreamingViewer {
  readonly #listener: ViewerListener
  readonly #stage: Stage
  readonly #feed: CameraFeed
  readonly #arrangement: ArrangementFeed
  readonly #finishes = new Finishes()
  readonly #forgetKeys: () => void
  readonly #clock: Clock
  readonly #requested = new Set<number>()
  readonly #statistics: StreamStatistics = { triangles: 0, modelTriangles: 0, chunks: 0, bytes: 0, parts: 0, partsShown: 0, instances: 0, refining: true, held: 0, limited: false }
  #connection: StreamConnection | undefined
  #store: PartStore | undefined
  #inflow: Inflow | undefined
  #inspection: Inspection | undefined
  /** Where the model is to be looked at from first. */
  #place: Place | undefined
  #idleFor = 0
  #over = false
  readonly #giveUp = new AbortController()
  /** All there is has come. */
  #whole = false

  /** Throws an Error in words when the browser cannot draw. */
  constructor (canvas: HTMLCanvasElement, clock: Clock, listener: ViewerListener) {
    this.#listener = listener
    this.#clock = clock
    this.#stage = new Stage(canvas, clock, {
      drawn: triangles => { this.#drawn(triangles) },
      lost: () => { this.#connection?.fail('The browser took the drawing surface away. Close this viewer and create a new one.') }
    })
    rehearse(this.#stage, this.#finishes)
    this.#forgetKeys = listenToKeys(canvas, this.#stage.viewpoint)
    this.#feed = new CameraFeed(clock, message => { this.#connection?.send(message) })
    // Its answer to this camera says whether the picture is complete as it is arranged now.
    this.#arrangement = new ArrangementFeed(clock, message => { this.#connection?.send(message) }, () => {
      this.#feed.repeat()
      this.#report()
    })
  }

  /** Connects, once; and once more after a session is `gone`. */
  start (source: StreamSource): void {
    if (this.#over || this.#connection !== undefined) return
    const { endpointUri, model, sessionToken, streamingMode, budget, back } = source
    if (back !== undefined) {
      this.#feed.after(back.seq)
      this.#place = back.place
    }
    const tellBudget = (): void => { connection.send({ type: 'budget', ...usualBudget, ...budget }) }
    const connection = new StreamConnection(endpointUri, this.#clock, {
      opened: () => {
        this.#listener.phase('open')
        connection.send({ type: 'open', model, ...sessionToken !== undefined && { token: sessionToken }, ...streamingMode !== undefined && { streamingMode } })
        tellBudget()
      },
      message: message => { this.#receive(message) },
      glb: bytes => { this.#take(bytes) },
      lost: () => { this.#listener.connection(true) },
      progress: () => ({ scene: this.#store !== undefined, bytes: this.#statistics.bytes }),
      restored: () => {
        this.#listener.phase('open')
        this.#listener.connection(false)
        tellBudget()
        this.#tellRequested(this.#requested, true)
        if (this.#store === undefined) return
        this.#arrangement.repeat()
        this.#feed.repeat()
      },
      gone: () => {
        this.#connection = undefined
        this.#listener.gone()
      },
      ended: (words, orderly) => { this.#end(orderly ? 'closed' : 'failed', words) }
    }, back)
    this.#connection = connection
  }

  /** Shows a model that comes in one file instead, once all of it is there. `service` is its address without `/api`. */
  async load (service: string, model: string): Promise<void> {
    try {
      const bytes = await fetchSingleFile(service, model, this.#giveUp.signal, {
        making: (percent, step) => {
          this.#listener.phase('preparing')
          this.#listener.preparing({ type: 'preparing', percent, step })
        },
        loading: (received, total) => {
          this.#listener.phase('loading')
          this.#listener.preparing({ type: 'preparing', percent: total > 0 ? received / total * 100 : 0, step: `Downloading ${inWords(total || received)}` })
        }
      })
      const { scene, parts } = await readSingleFile(bytes)
      if (this.#over) return
      Object.assign(this.#statistics, { chunks: 1, bytes: bytes.byteLength })
      this.#build({ ...scene, model })
      for await (const decoded of parts) {
        await this.#inflow?.put(decoded)
        if (this.#over) return
      }
      this.#whole = true
      this.#stage.invalidate()
    } catch (error) {
      if (this.#over) return
      console.error(error)
      this.#end('failed', error instanceof Error ? error.message : String(error))
    }
  }

  /** Brings the whole model into view. */
  fit (): void {
    this.#stage.viewpoint.fit()
  }

  /** In streaming mode `on-demand`: these instances are wanted, or no longer. */
  request (instances: Iterable<number>, on: boolean): void {
    const known = [...instances].filter(instance => Number.isInteger(instance) && instance >= 0 && instance < this.#statistics.instances)
    for (const instance of known) {
      if (on) this.#requested.add(instance)
      else this.#requested.delete(instance)
    }
    this.#tellRequested(known, on)
  }

  /** The page goes away and may be loaded again. `keep` hears of the way back to the session, where there is one; the session ends if it cannot keep that. */
  depart (keep: (back: WayBack) => boolean): void {
    if (this.#over) return
    const place = this.#stage.viewpoint.place ?? (this.#store === undefined ? this.#place : undefined)
    this.#connection?.depart(back => keep({ ...back, seq: this.#feed.newest, ...place && { place } }))
  }

  /** Ends the session and its stream server; the last picture stays. */
  leave (): void {
    this.#over = true
    this.#inflow?.close()
    this.#giveUp.abort()
    this.#connection?.close()
    this.#feed.close()
    this.#arrangement.close()
  }

  /** Somebody is there: the session is not to end for want of use. */
  stay (): void { this.#connection?.send({ type: 'stay' }) }

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
        this.#statistics.limited = message.limited
        return this.#stage.stale ? undefined : this.#report()
      case 'drop': return this.#inflow?.drop(message.parts)
      case 'ending': return this.#listener.ending(message.seconds === null ? undefined : { reason: message.reason, seconds: message.seconds })
      case 'session': // The connection's own.
      case 'frame': // Of servers that render: this one asked for geometry.
      case 'picked':
      case 'error': // The close that follows ends it, in these words.
    }
  }

  #build (scene: SceneMessage): void {
    if (this.#store !== undefined) throw new StreamError('The stream server sent a second scene.')
    const { viewpoint } = this.#stage
    viewpoint.show(new Extent(scene))
    if (this.#place !== undefined) viewpoint.stand(this.#place)
    // At once: geometry is on its way while the rest is made ready here.
    if (viewpoint.settle()) this.#feed.moved(viewpoint.view)
    this.#store = new PartStore(scene, this.#finishes)
    this.#stage.scene.add(this.#store.root)
    Object.assign(this.#statistics, { modelTriangles: scene.triangles, parts: scene.parts.length, instances: scene.instances.length })
    const assembly = new Assembly(scene)
    const exhibit = new DrawnExhibit(assembly, this.#store, this.#stage, this.#arrangement)
    this.#inflow = new Inflow(this.#store, scene.textures ?? [], exhibit, this.#finishes, () => { this.#stage.invalidate() })
    this.#inspection = new Inspection(assembly, exhibit)
    this.#listener.phase('scene')
    this.#listener.inspectable(this.#inspection)
  }

  #take (bytes: ArrayBuffer): void {
    if (this.#inflow === undefined) throw new StreamError('The stream server sent geometry before the scene.')
    this.#statistics.chunks++
    this.#statistics.bytes += bytes.byteLength
    const received = this.#statistics.bytes
    this.#inflow.take(bytes).then(
      () => { this.#connection?.send({ type: 'received', bytes: received }) },
      (error: unknown) => {
        console.error(error)
        this.#connection?.fail(error instanceof StreamError ? error.message : `The viewer had an error of its own: ${String(error)}`)
      }
    )
  }

  #tellRequested (instances: Iterable<number>, on: boolean): void {
    for (const runs of runsOf(instances)) this.#connection?.send({ type: 'request', runs, on })
  }

  #drawn (triangles: number): void {
    if (this.#store === undefined || this.#over) return
    this.#feed.moved(this.#stage.viewpoint.view)
    this.#statistics.triangles = triangles
    this.#inspection?.events.tell('drawn', undefined)
    if (triangles > 0) this.#listener.phase('first-picture')
    this.#report()
  }

  #report (): void {
    const whole = this.#whole || (this.#feed.settled && this.#arrangement.settled && this.#idleFor === this.#feed.newest && this.#inflow?.busy !== true)
    if (whole) this.#stage.complete()
    const complete = whole && this.#stage.sharp
    Object.assign(this.#statistics, { partsShown: this.#store?.partsShown ?? 0, held: this.#store?.bytes ?? 0, refining: !complete })
    if (complete) this.#listener.phase('complete')
    this.#listener.statistics({ ...this.#statistics })
  }

  #end (how: 'closed' | 'failed', words: string): void {
    this.#over = true
    this.#inflow?.close()
    this.#feed.close()
    this.#arrangement.close()
    this.#listener.ended(how, words)
  }
}
