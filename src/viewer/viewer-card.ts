import type { Clock } from '../clock.ts'
import { CardFace } from './card-face.ts'
import { EndWarning } from './end-warning.ts'
import type { KeptSession, KeptSessions } from './kept-sessions.ts'
import type { ModeRun } from './mode-comparison.ts'
import type { Mode, SessionMode } from './modes.ts'
import type { ModelCatalogue } from './model-catalogue.ts'
import { Notice } from './notice.ts'
import { PhaseLog } from './phases.ts'
import type { Phase } from './phases.ts'
import { ServerConnection } from './server-connection.ts'
import type { Reentry, SpawnedSession } from './server-connection.ts'
import { ImageViewer } from './ssr/image-viewer.ts'
import { StreamingViewer } from './streaming-viewer.ts'
import type { StreamStatistics, ViewerListener } from './streaming-viewer.ts'
import { Toolbar } from './tools/toolbar.ts'
import { waitingWords } from './waiting-words.ts'
import type { WayBack } from './way-back.ts'

export interface ViewerWish {
  model: string
  renderer: Mode
  streamServer: ModelCatalogue['streamServer']
}

/** Nobody uses a viewer for so long: its session ends. It warns before. Milliseconds. */
const idle = { allowed: 15 * 60_000, warning: 60_000 }

/** What the page does for its cards. */
export interface CardListener {
  /** Says what went wrong; the answer takes it back. */
  complain (words: string): () => void
  closed (card: ViewerCard): void
  /** The model is complete for the first time. */
  measured (run: ModeRun): void
  /** Another viewer of the same is wanted in the place of one that is over. */
  again (wish: ViewerWish): void
}

/** One viewer on the page, from the click to its end. */
export class ViewerCard {
  readonly #wish: ViewerWish
  readonly #face: CardFace
  readonly #log: PhaseLog
  readonly #giveUp = new AbortController()
  readonly #listener: CardListener
  readonly #clock: Clock
  readonly #notice = new Notice()
  readonly #warning: EndWarning
  #viewer: StreamingViewer | ImageViewer | undefined
  #toolbar: Toolbar | undefined
  #takeBack = (): void => {}
  #session: SpawnedSession | undefined
  /** In line, while it waits there. */
  #place: Reentry | undefined
  #measured = false

  constructor (wish: ViewerWish, clock: Clock, listener: CardListener) {
    this.#wish = wish
    this.#clock = clock
    this.#listener = listener
    this.#face = new CardFace(wish)
    this.#log = new PhaseLog(clock)
    this.#warning = new EndWarning(clock, this.#notice, idle, {
      stay: () => { this.#viewer?.stay() },
      over: words => {
        // The last picture stays where there is one.
        this.#viewer?.leave()
        this.#end('closed', words)
      }
    })
    this.#face.onClick('fit', () => { this.#viewer?.fit() })
    this.#face.onClick('close', () => { this.close() })
    this.#face.onClick('again', () => {
      this.close()
      this.#listener.again(this.#wish)
    })
    for (const type of ['pointerdown', 'pointermove', 'wheel', 'keydown']) {
      this.element.addEventListener(type, () => { if (!this.#log.ended && this.#session !== undefined) this.#warning.touch() }, { passive: true })
    }
    this.#face.reached(this.#log)
  }

  get element (): HTMLElement {
    return this.#face.element
  }

  /** Goes on with a session of the page before, or asks for a stream server, and shows its model. What fails is said in words, here and as an alert. */
  async start (kept?: KeptSession): Promise<void> {
    const { model, renderer, streamServer } = this.#wish
    try {
      // Before the request: the drawing surface is set up while the stream server starts, and none is started in vain.
      if (streamServer === 'embedded') this.#viewer = this.#newViewer()
      if (renderer === 'single') {
        if (this.#viewer instanceof StreamingViewer) await this.#viewer.load(new URL('.', location.href).href, model)
        return
      }
      this.#face.stage.append(this.#notice.element)
      if (kept?.session === undefined) return await this.#ask(renderer, kept?.place)
      const { serviceId, back } = kept.session
      this.#notice.say('Going back to its session')
      this.#show({ endpointUri: back.endpointUri, serviceId }, back)
    } catch (error) {
      this.#end('failed', error instanceof Error ? error.message : String(error))
    }
  }

  /** The page goes away and may be loaded again: what is needed to go on then is left in `kept`. */
  depart (kept: KeptSessions): void {
    const { model, renderer: mode } = this.#wish
    const what = { service: new URL('.', location.href).href, model, mode, streamingMode: 'interactive' as const }
    const serviceId = this.#session?.serviceId
    this.#viewer?.depart(back => serviceId !== undefined && kept.keep({ ...what, session: { serviceId, back } }, back.seconds))
    if (this.#place !== undefined && !this.#log.ended) kept.keep({ ...what, place: this.#place.token }, this.#place.seconds)
    this.close()
  }

  /** Ends the session, if any, and takes the card off the page. Twice is nothing. */
  close (): void {
    if (!this.element.isConnected) return
    this.#reach('closed')
    this.#giveUp.abort()
    this.#warning.close()
    this.#toolbar?.close()
    this.#viewer?.shutdown()
    // No socket of ours is there whose end would be the session's.
    if (this.#wish.streamServer !== 'embedded' && this.#session !== undefined) {
      fetch(`api/spawns/${encodeURIComponent(this.#session.serviceId)}`, { method: 'DELETE', keepalive: true }).catch(() => {})
    }
    this.#takeBack()
    this.element.remove()
    this.#listener.closed(this)
  }

  /** @param place the token of the place in line that the page before had */
  async #ask (renderer: SessionMode, place?: string): Promise<void> {
    const session = await new ServerConnection(new URL('.', location.href).href, this.#clock).connect({ class: `${renderer}_session`, params: { viewerModel: this.#wish.model, reentry: place ?? true } }, {
      signal: this.#giveUp.signal,
      waiting: waiting => {
        this.#place = waiting.reentry
        this.#notice.say(waitingWords(waiting))
      }
    })
    this.#place = undefined
    this.#notice.hide()
    if (!this.#log.ended) this.#show(session)
  }

  #show (session: SpawnedSession, back?: WayBack): void {
    const { model, streamServer } = this.#wish
    this.#session = session
    this.#face.know(session)
    this.#reach('ready')
    if (streamServer !== 'embedded') return this.#face.explain(session)
    this.#warning.touch()
    this.#viewer?.start({ endpointUri: session.endpointUri, model, ...back && { back } })
  }

  #newViewer (): StreamingViewer | ImageViewer {
    const { canvas, stage } = this.#face
    const listener: ViewerListener = {
      phase: phase => { this.#reach(phase) },
      preparing: progress => { this.#face.preparing(progress) },
      inspectable: inspection => {
        const { dataset } = this.element
        this.#toolbar = new Toolbar(stage, canvas, inspection, this.#wish.model)
        inspection.events.on('selection', selected => { dataset['selected'] = String(selected.length) })
        inspection.events.on('visibility', ({ hidden }) => { dataset['hidden'] = String(hidden) })
      },
      statistics: statistics => {
        this.#face.figures(statistics)
        this.#measure(statistics)
      },
      connection: lost => { this.#warning.connection(lost) },
      gone: () => {
        if (this.#wish.renderer !== 'single') this.#ask(this.#wish.renderer).catch((error: unknown) => { this.#end('failed', error instanceof Error ? error.message : String(error)) })
      },
      ending: ending => { this.#warning.expect(ending) },
      ended: (how, words) => { this.#end(how, how === 'failed' ? words : this.#warning.farewell(words)) }
    }
    return this.#wish.renderer === 'ssr' ? new ImageViewer(canvas, this.#clock, listener) : new StreamingViewer(canvas, this.#clock, listener)
  }

  #measure ({ refining, bytes }: StreamStatistics): void {
    const { model, renderer: mode } = this.#wish
    const [firstPicture, complete] = [this.#log.times.get('first-picture'), this.#log.times.get('complete')]
    if (this.#measured || refining || firstPicture === undefined || complete === undefined) return
    this.#measured = true
    this.#listener.measured({ model, mode, bytes, firstPicture, complete, prepared: this.#log.times.has('preparing') })
  }

  #reach (phase: Phase): void {
    if (this.#log.reach(phase)) this.#face.reached(this.#log)
  }

  #end (how: 'closed' | 'failed', words: string): void {
    if (this.#log.ended) return
    this.#warning.close()
    this.#notice.hide()
    this.#face.ended(words)
    // A picture stays to be looked at; without one the drawing surface, of which a browser has few, is given back at once.
    if (!this.#log.times.has('first-picture')) this.#viewer?.shutdown()
    this.#reach(how)
    if (how === 'failed') this.#takeBack = this.#listener.complain(`${this.#wish.model}: ${words}`)
  }
}
