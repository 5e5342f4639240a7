import type { Clock } from '../clock.ts'
import { endingWords } from './ending-words.ts'
import { IdleWatch } from './idle-watch.ts'
import type { ModeRun } from './mode-comparison.ts'
import type { Mode } from './modes.ts'
import type { ModelCatalogue } from './model-catalogue.ts'
import { Notice } from './notice.ts'
import { PhaseLine, phaseSentence } from './phase-line.ts'
import { PhaseLog } from './phases.ts'
import type { Phase } from './phases.ts'
import { amount, bytes } from './quantities.ts'
import { fromTemplate, required } from './required-element.ts'
import { ServerConnection } from './server-connection.ts'
import type { SpawnedSession } from './server-connection.ts'
import { ImageViewer } from './ssr/image-viewer.ts'
import { StreamingViewer } from './streaming-viewer.ts'
import type { StreamStatistics, ViewerListener } from './streaming-viewer.ts'
import { Toolbar } from './tools/toolbar.ts'
import { waitingWords } from './waiting-words.ts'

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
  readonly element = fromTemplate('viewer-card')
  readonly #wish: ViewerWish
  readonly #log: PhaseLog
  readonly #line: PhaseLine
  readonly #giveUp = new AbortController()
  readonly #listener: CardListener
  readonly #clock: Clock
  readonly #notice = new Notice()
  readonly #idle: IdleWatch
  #viewer: StreamingViewer | ImageViewer | undefined
  #toolbar: Toolbar | undefined
  #takeBack = (): void => {}
  #session: SpawnedSession | undefined
  #measured = false

  constructor (wish: ViewerWish, clock: Clock, listener: CardListener) {
    this.#wish = wish
    this.#clock = clock
    this.#listener = listener
    this.#idle = new IdleWatch(clock, idle.allowed, idle.warning, {
      near: seconds => { this.#notice.say(`The session ends in ${seconds} s, since nobody uses it.`, { label: 'Stay', action: () => { this.#idle.touch() } }) },
      averted: () => { this.#notice.hide() },
      over: () => {
        this.#giveBack()
        this.#end('closed', 'The session has ended, since nobody used it.')
      }
    })
    this.#log = new PhaseLog(clock)
    this.#line = new PhaseLine(this.#part('steps'), wish.renderer === 'single' ? ['ready', 'open'] : ['loading'])
    this.#part('model').textContent = wish.model
    this.element.setAttribute('aria-label', `Viewer of ${wish.model}`)
    this.#part('canvas').setAttribute('aria-label', `3D view of ${wish.model}. Arrow keys orbit, plus and minus zoom, F fits the model into view.`)
    this.#button('fit', () => { this.#viewer?.fit() })
    this.#button('fullscreen', () => { this.#fullscreen() })
    this.#button('close', () => { this.close() })
    this.#button('again', () => {
      this.close()
      this.#listener.again(this.#wish)
    })
    for (const type of ['pointerdown', 'pointermove', 'wheel', 'keydown']) {
      this.element.addEventListener(type, () => { if (!this.#log.ended && this.#session !== undefined) this.#idle.touch() }, { passive: true })
    }
    this.#reached()
  }

  /** Asks for a stream server and shows its model. What fails is said in words, here and as an alert. */
  async start (): Promise<void> {
    const { model, renderer, streamServer } = this.#wish
    try {
      // Before the request: the drawing surface is set up while the stream server starts, and none is started in vain.
      if (streamServer === 'embedded') this.#viewer = this.#newViewer()
      if (renderer === 'single') {
        if (this.#viewer instanceof StreamingViewer) await this.#viewer.load(new URL('.', location.href).href, model)
        return
      }
      this.#part('stage').append(this.#notice.element)
      const session = await new ServerConnection(new URL('.', location.href).href, this.#clock).connect({ class: `${renderer}_session`, params: { viewerModel: model } }, {
        signal: this.#giveUp.signal,
        waiting: waiting => { this.#notice.say(waitingWords(waiting)) }
      })
      this.#notice.hide()
      if (this.#log.ended) return
      this.#session = session
      this.#know(session)
      this.#reach('ready')
      if (streamServer !== 'embedded') return this.#explain(session)
      this.#idle.touch()
      this.#viewer?.start({ endpointUri: session.endpointUri, model })
    } catch (error) {
      this.#end('failed', error instanceof Error ? error.message : String(error))
    }
  }

  /** Ends the session, if any, and takes the card off the page. Twice is nothing. */
  close (): void {
    if (!this.element.isConnected) return
    this.#reach('closed')
    this.#giveUp.abort()
    this.#idle.close()
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

  /** Ends the session; the last picture stays where there is one. */
  #giveBack (): void {
    this.#viewer?.leave()
  }

  #newViewer (): StreamingViewer | ImageViewer {
    const canvas = required(this.element, 'canvas', HTMLCanvasElement)
    const listener: ViewerListener = {
      phase: phase => { this.#reach(phase) },
      preparing: ({ percent, step }) => {
        required(this.element, 'progress', HTMLProgressElement).value = percent
        this.#part('preparing-words').textContent = `${step} (${Math.round(percent)} %)`
      },
      inspectable: inspection => {
        const { dataset } = this.element
        this.#toolbar = new Toolbar(this.#part('stage'), required(this.element, 'canvas', HTMLCanvasElement), inspection, this.#wish.model)
        inspection.events.on('selection', selected => { dataset['selected'] = String(selected.length) })
        inspection.events.on('visibility', ({ hidden }) => { dataset['hidden'] = String(hidden) })
      },
      statistics: statistics => { this.#tell(statistics) },
      connection: lost => {
        if (lost) this.#notice.say('The connection was lost. Trying to get it back.')
        else this.#notice.hide()
      },
      ending: ending => {
        if (ending === undefined) return this.#notice.hide()
        const { words, mayStay } = endingWords(ending)
        this.#notice.say(words, mayStay ? { label: 'Stay', action: () => { this.#viewer?.stay() } } : undefined)
      },
      ended: (how, words) => { this.#end(how, words) }
    }
    return this.#wish.renderer === 'ssr' ? new ImageViewer(canvas, this.#clock, listener) : new StreamingViewer(canvas, this.#clock, listener)
  }

  #know ({ endpointUri, serviceId }: SpawnedSession): void {
    const port = URL.canParse(endpointUri) ? new URL(endpointUri).port : ''
    this.element.dataset['sessionId'] = serviceId
    this.element.dataset['port'] = port
    this.#part('id').textContent = serviceId.slice(0, 8)
    this.#part('id').title = serviceId
    this.#part('port').textContent = port === '' ? '' : `port ${port}`
  }

  #explain ({ endpointUri }: SpawnedSession): void {
    this.#part('endpoint').textContent = endpointUri
    this.#part('snippet').textContent = `new Communicator.WebViewer({\n  containerId: 'viewer',\n  endpointUri: ${JSON.stringify(endpointUri)},\n  model: ${JSON.stringify(this.#wish.model)}\n})`
    this.element.dataset['hoops'] = 'true'
  }

  #tell (statistics: StreamStatistics): void {
    const { triangles, modelTriangles, instances, parts, chunks } = statistics
    Object.assign(this.element.dataset, { triangles, modelTriangles, bytes: statistics.bytes, refining: statistics.refining })
    this.#part('triangles').textContent = `${amount(triangles)} of ${amount(modelTriangles)} triangles`
    this.#part('instances').textContent = `${amount(instances)} instances of ${amount(parts)} parts`
    this.#part('received').textContent = `${bytes(statistics.bytes)} in ${amount(chunks)} ${chunks === 1 ? 'file' : 'files'}`
    this.#measure(statistics)
  }

  #measure ({ refining, bytes }: StreamStatistics): void {
    const { model, renderer: mode } = this.#wish
    const [firstPicture, complete] = [this.#log.times.get('first-picture'), this.#log.times.get('complete')]
    if (this.#measured || refining || firstPicture === undefined || complete === undefined) return
    this.#measured = true
    this.#listener.measured({ model, mode, bytes, firstPicture, complete, prepared: this.#log.times.has('preparing') })
  }

  #reach (phase: Phase): void {
    if (this.#log.reach(phase)) this.#reached()
  }

  #reached (): void {
    const phase = this.#log.current
    this.element.dataset['phase'] = phase
    this.element.dataset['times'] = JSON.stringify(Object.fromEntries(this.#log.times))
    this.#part('phase').textContent = phaseSentence(phase)
    this.#line.draw(this.#log)
  }

  #end (how: 'closed' | 'failed', words: string): void {
    if (this.#log.ended) return
    this.#idle.close()
    this.#notice.hide()
    this.#part('ended').textContent = words
    // A picture stays to be looked at; without one the drawing surface, of which a browser has few, is given back at once.
    if (!this.#log.times.has('first-picture')) this.#viewer?.shutdown()
    this.#reach(how)
    if (how === 'failed') this.#takeBack = this.#listener.complain(`${this.#wish.model}: ${words}`)
  }

  async #fullscreen (): Promise<void> {
    if (document.fullscreenElement === null) await this.#part('stage').requestFullscreen().catch(() => {})
    else await document.exitFullscreen()
  }

  #part (name: string): HTMLElement {
    return required(this.element, `[data-role=${name}]`, HTMLElement)
  }

  #button (name: string, action: () => void): void {
    this.#part(name).addEventListener('click', action)
  }
}
