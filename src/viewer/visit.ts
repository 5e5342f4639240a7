import type { Clock } from '../clock.ts'
import type { StreamingMode } from '../stream-server/protocol.ts'
import type { ViewerOptions } from './api.ts'
import { canDraw } from './can-draw.ts'
import type { KeptSessions } from './kept-sessions.ts'
import type { Mode, SessionMode } from './modes.ts'
import { ServerConnection, type Reentry } from './server-connection.ts'
import { ImageViewer } from './ssr/image-viewer.ts'
import { StreamingViewer, type ViewerListener } from './streaming-viewer.ts'
import type { Inspection } from './tools/inspection.ts'
import { element } from './tools/markup.ts'
import { Toolbar } from './tools/toolbar.ts'
import { waitingWords } from './waiting-words.ts'
import type { WayBack } from './way-back.ts'

export interface VisitListener extends Pick<ViewerListener, 'preparing' | 'connection' | 'ending' | 'ended'> {
  /** The request waits for a seat. */
  waiting (words: string): void
  /** There is something to look at: called once. */
  opened (): void
  /** The picture holds everything that is seen from here. */
  complete (geometry: { triangles: number, bytes: number, limited: boolean }): void
  selected (instances: readonly number[]): void
}

/** One model in somebody's element, from the request to its end: its session and all that is made for it. */
export class Visit {
  readonly model: string
  readonly viewer: StreamingViewer | ImageViewer
  readonly #options: ViewerOptions
  readonly #mode: Mode
  readonly #clock: Clock
  readonly #listener: VisitListener
  readonly #canvas = element('canvas', '')
  readonly #giveUp = new AbortController()
  readonly #known: Promise<void>
  #fail = (_error: Error): void => {}
  #know = (): void => {}
  #serviceId = ''
  /** In line, while it waits there. */
  #place: Reentry | undefined
  #inspection: Inspection | undefined
  #toolbar: Toolbar | undefined

  /**
   * A drawing surface of its own for every session: one that was lost or given back draws no more. Throws an Error in words when the
   * browser cannot draw.
   */
  constructor (root: HTMLElement, model: string, options: ViewerOptions, clock: Clock, listener: VisitListener) {
    this.model = model
    this.#options = options
    this.#mode = options.mode ?? (canDraw() ? 'csr' : 'ssr')
    this.#clock = clock
    this.#listener = listener
    this.#canvas.tabIndex = 0
    this.#canvas.setAttribute('role', 'application')
    this.#canvas.setAttribute('aria-label', `3D view of ${model}. Arrow keys orbit, plus and minus zoom, F fits the model into view.`)
    this.#known = new Promise((resolve, reject) => {
      this.#know = resolve
      this.#fail = reject
    })
    // Whoever does not wait for it hears of the failure by the event.
    this.#known.catch(() => {})
    root.prepend(this.#canvas)
    try {
      this.viewer = this.#newViewer(root)
    } catch (error) {
      this.#canvas.remove()
      throw error
    }
  }

  get inspection (): Inspection | undefined {
    return this.#inspection
  }

  /** Goes on with a session that the page before had and left in `kept`, or asks for one. Resolves when the scene is known; rejects with an Error in words. */
  async begin (kept: KeptSessions): Promise<void> {
    const mode = this.#mode
    const service = this.#service
    if (mode === 'single') {
      if (this.viewer instanceof StreamingViewer) void this.viewer.load(service, this.model)
      return await this.#known
    }
    const before = kept.take(each => each.service === service && each.model === this.model && each.mode === mode && each.streamingMode === this.#streamingMode)
    if (before?.session === undefined) await this.#ask(mode, before?.place)
    else this.#start(before.session.back.endpointUri, before.session)
    await this.#known
  }

  /** The page goes away and may be loaded again: what is needed to go on then is left in `kept`. */
  depart (kept: KeptSessions): void {
    const what = { service: this.#service, model: this.model, mode: this.#mode, streamingMode: this.#streamingMode }
    this.viewer.depart(back => kept.keep({ ...what, session: { serviceId: this.#serviceId, back } }, back.seconds))
    if (this.#place !== undefined) kept.keep({ ...what, place: this.#place.token }, this.#place.seconds)
  }

  /** The session is over. A picture stays to be looked at; without one the drawing surface, of which a browser has few, is given back at once. */
  end (words: string): void {
    this.#giveUp.abort()
    if (this.#inspection !== undefined) this.viewer.leave()
    else this.viewer.shutdown()
    this.#fail(new Error(words))
  }

  /** Ends the session and takes everything off the page. */
  close (words: string): void {
    this.#giveUp.abort()
    this.#fail(new Error(words))
    this.#toolbar?.close()
    this.viewer.shutdown()
    this.#canvas.remove()
  }

  get #service (): string {
    return this.#options.service ?? new URL('.', location.href).href
  }

  get #streamingMode (): StreamingMode {
    return this.#options.streamingMode ?? 'interactive'
  }

  /** @param place the token of the place in line that the page before had */
  async #ask (mode: SessionMode, place?: string): Promise<void> {
    const { sessionToken } = this.#options
    const { signal } = this.#giveUp
    const params = { ...sessionToken !== undefined && { sessionToken }, viewerModel: this.model, reentry: place ?? true as const }
    const { endpointUri, serviceId } = await new ServerConnection(this.#service, this.#clock).connect({ class: `${mode}_session`, params }, {
      signal,
      waiting: waiting => {
        if (signal.aborted) return
        this.#place = waiting.reentry
        this.#listener.waiting(waitingWords(waiting))
      }
    })
    this.#place = undefined
    if (!signal.aborted) this.#start(endpointUri, { serviceId })
  }

  #start (endpointUri: string, { serviceId, back }: { serviceId: string, back?: WayBack }): void {
    const { sessionToken, streamingMode, budget } = this.#options
    this.#serviceId = serviceId
    this.viewer.start({
      endpointUri,
      model: this.model,
      ...sessionToken !== undefined && { sessionToken },
      ...streamingMode !== undefined && { streamingMode },
      ...budget !== undefined && { budget },
      ...back !== undefined && { back }
    })
  }

  #newViewer (root: HTMLElement): StreamingViewer | ImageViewer {
    let complete = false
    const listener: ViewerListener = {
      phase: phase => { if (phase === 'first-picture') this.#opened() },
      preparing: progress => { this.#listener.preparing(progress) },
      inspectable: inspection => {
        this.#inspection = inspection
        if (this.#options.tools !== false) this.#toolbar = new Toolbar(root, this.#canvas, inspection, this.model)
        inspection.events.on('selection', selected => { this.#listener.selected(selected) })
        this.#opened()
      },
      statistics: ({ refining, triangles, bytes, limited }) => {
        if (!refining && !complete) this.#listener.complete({ triangles, bytes, limited })
        complete = !refining
      },
      connection: lost => { this.#listener.connection(lost) },
      gone: () => { if (this.#mode !== 'single') this.#ask(this.#mode).catch((error: unknown) => { this.#fail(error as Error) }) },
      ending: ending => { this.#listener.ending(ending) },
      ended: (how, words) => { this.#listener.ended(how, words) }
    }
    return this.#mode === 'ssr' ? new ImageViewer(this.#canvas, this.#clock, listener) : new StreamingViewer(this.#canvas, this.#clock, listener)
  }

  #opened (): void {
    this.#listener.opened()
    this.#know()
  }
}
