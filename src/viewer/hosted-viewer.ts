import type { Clock } from '../clock.ts'
import type { Viewer, ViewerEvents, ViewerOptions, ViewerState, Properties, Section } from './api.ts'
import { EventHub } from './event-hub.ts'
import { endingWords } from './ending-words.ts'
import { IdleWatch } from './idle-watch.ts'
import { Notice } from './notice.ts'
import { ServerConnection } from './server-connection.ts'
import { ImageViewer } from './ssr/image-viewer.ts'
import { StreamingViewer, type ViewerListener } from './streaming-viewer.ts'
import type { Inspection } from './tools/inspection.ts'
import { element } from './tools/markup.ts'
import { Toolbar } from './tools/toolbar.ts'
import { waitingWords } from './waiting-words.ts'

/** One session and all that is made for it. */
interface Visit {
  model: string
  viewer: StreamingViewer | ImageViewer
  giveUp: AbortController
  inspection?: Inspection
  toolbar?: Toolbar
  fail: (error: Error) => void
}

const minute = 60_000

/** A viewer in an element of somebody's page. */
export class HostedViewer implements Viewer {
  readonly #options: ViewerOptions
  readonly #clock: Clock
  readonly #root = element('div', 'slipway-viewer')
  readonly #notice = new Notice()
  readonly #hub = new EventHub<ViewerEvents>()
  readonly #idle: IdleWatch
  readonly #over = new AbortController()
  #state: ViewerState = 'empty'
  #visit: Visit | undefined

  constructor (host: HTMLElement, options: ViewerOptions, clock: Clock) {
    const { idleMinutes = 15, idleWarningSeconds = 60 } = options
    this.#options = options
    this.#clock = clock
    this.#idle = new IdleWatch(clock, idleMinutes * minute, idleWarningSeconds * 1000, {
      near: secondsLeft => {
        this.#hub.tell('idle', { secondsLeft })
        this.#notice.say(`The session ends in ${secondsLeft} s, since nobody uses it.`, { label: 'Stay', action: () => { this.#idle.touch() } })
      },
      averted: () => {
        this.#hub.tell('idle', { secondsLeft: undefined })
        this.#notice.hide()
      },
      over: () => { this.#end(false, 'The session has ended, since nobody used it.') }
    })
    for (const type of ['pointerdown', 'pointermove', 'wheel', 'keydown']) {
      this.#root.addEventListener(type, () => { this.#use() }, { signal: this.#over.signal, passive: true })
    }
    this.#root.append(this.#notice.element)
    host.append(this.#root)
  }

  get state (): ViewerState {
    return this.#state
  }

  get instances (): number {
    return this.#inspection?.assembly.scene.instances.length ?? 0
  }

  get selected (): readonly number[] {
    return this.#inspection?.selected ?? []
  }

  async load (model: string): Promise<void> {
    if (this.#state === 'closed') throw new Error('The viewer is closed.')
    this.#leave('Another model was loaded.')
    const giveUp = new AbortController()
    const known = new Promise<void>((resolve, reject) => {
      try {
        this.#visit = this.#begin(model, giveUp, resolve, reject)
      } catch (error) {
        reject(error)
      }
    })
    // Whoever does not wait for the promise hears of the failure by the event.
    known.catch(() => {})
    const visit = this.#visit
    this.#become('starting')
    this.#notice.say(this.#options.mode === 'single' ? 'The file is asked for' : 'A stream server is being started')
    try {
      if (visit === undefined) await known
      const { service = new URL('.', location.href).href, mode = 'csr', sessionToken } = this.#options
      if (mode === 'single') {
        if (visit?.viewer instanceof StreamingViewer) void visit.viewer.load(service, model)
        return await known
      }
      const params = sessionToken === undefined ? {} : { sessionToken }
      const { endpointUri } = await new ServerConnection(service, this.#clock).connect({ class: `${mode}_session`, params: { ...params, viewerModel: model } }, {
        signal: giveUp.signal,
        waiting: waiting => { if (this.#visit === visit) this.#notice.say(waitingWords(waiting)) }
      })
      const { streamingMode, budget } = this.#options
      if (this.#visit === visit) visit?.viewer.start({ endpointUri, model, ...params, ...streamingMode !== undefined && { streamingMode }, ...budget !== undefined && { budget } })
    } catch (error) {
      if (this.#visit === visit) this.#end(true, error instanceof Error ? error.message : String(error))
      throw error
    }
    await known
  }

  close (): void {
    if (this.#state === 'closed') return
    this.#leave('The viewer was closed.')
    this.#over.abort()
    this.#root.remove()
    this.#become('closed')
    this.#hub.clear()
  }

  fit (): void { this.#visit?.viewer.fit() }
  fitSelection (): void { this.#inspection?.fitSelection() }
  view (name: 'iso' | 'front' | 'top' | 'right'): void { this.#inspection?.view(name) }
  select (instances: Iterable<number>, add = false): void { this.#inspection?.select(instances, add) }
  hide (instances: Iterable<number>): void { this.#inspection?.hide(instances) }
  show (instances: Iterable<number>): void { this.#inspection?.show(instances) }
  showAll (): void { this.#inspection?.showAll() }
  isolate (instances: Iterable<number>): void { this.#inspection?.isolate(instances) }
  setGhosts (on: boolean): void { this.#inspection?.setGhosts(on) }
  setEdges (on: boolean): void { this.#inspection?.setEdges(on) }
  setSection (section: Section | null): void { this.#inspection?.setSection(section ?? undefined) }
  explode (factor: number): void { this.#inspection?.explode(factor) }

  request (instances: Iterable<number>, on = true): void {
    const viewer = this.#visit?.viewer
    if (viewer instanceof StreamingViewer) viewer.request(instances, on)
  }

  async pick (x: number, y: number): Promise<{ instance: number, point: [number, number, number] } | undefined> {
    const hit = await this.#inspection?.pick(x, y)
    return hit === undefined ? undefined : { instance: hit.instance, point: hit.point.toArray() }
  }

  search (words: string): number[] {
    const assembly = this.#inspection?.assembly
    return assembly === undefined ? [] : [...new Set(assembly.search(words, Infinity).flatMap(node => assembly.below(node)))]
  }

  properties (instances: Iterable<number>): Properties | undefined {
    return this.#inspection?.assembly.properties([...instances])
  }

  async screenshot (): Promise<Blob> {
    if (this.#inspection === undefined) throw new Error('There is no picture yet.')
    return await this.#inspection.picture()
  }

  on<Name extends keyof ViewerEvents> (name: Name, listener: (told: ViewerEvents[Name]) => void): () => void {
    return this.#hub.on(name, listener)
  }

  get #inspection (): Inspection | undefined {
    return this.#visit?.inspection
  }

  /** A drawing surface of its own for every session: one that was lost or given back draws no more. */
  #begin (model: string, giveUp: AbortController, known: () => void, fail: (error: Error) => void): Visit {
    const canvas = element('canvas', '')
    canvas.tabIndex = 0
    canvas.setAttribute('role', 'application')
    canvas.setAttribute('aria-label', `3D view of ${model}. Arrow keys orbit, plus and minus zoom, F fits the model into view.`)
    this.#root.prepend(canvas)
    let complete = false
    const opened = (): void => {
      if (this.#state !== 'starting') return
      this.#root.append(this.#notice.element)
      this.#notice.hide()
      this.#become('open')
      this.#use()
      known()
    }
    const listener: ViewerListener = {
      phase: phase => { if (phase === 'first-picture') opened() },
      preparing: ({ percent, step }) => {
        this.#notice.say(`${step} (${Math.round(percent)} %)`)
        this.#hub.tell('progress', { percent, step })
      },
      inspectable: inspection => {
        visit.inspection = inspection
        if (this.#options.tools !== false) visit.toolbar = new Toolbar(this.#root, canvas, inspection, model)
        inspection.events.on('selection', selected => { this.#hub.tell('selection', selected) })
        opened()
      },
      statistics: ({ refining, triangles, bytes }) => {
        if (!refining && !complete) this.#hub.tell('complete', { triangles, bytes })
        complete = !refining
      },
      connection: lost => {
        this.#hub.tell('connection', { lost })
        if (lost) this.#notice.say('The connection was lost. Trying to get it back.')
        else this.#notice.hide()
      },
      ending: ending => {
        if (ending?.reason !== 'max_lifetime') this.#hub.tell('idle', { secondsLeft: ending?.seconds })
        if (ending === undefined) return this.#notice.hide()
        const { words, mayStay } = endingWords(ending)
        this.#notice.say(words, mayStay ? { label: 'Stay', action: () => { viewer.stay() } } : undefined)
      },
      ended: (how, words) => { this.#end(how === 'failed', words) }
    }
    const viewer = this.#options.mode === 'ssr' ? new ImageViewer(canvas, this.#clock, listener) : new StreamingViewer(canvas, this.#clock, listener)
    const visit: Visit = { model, viewer, giveUp, fail }
    return visit
  }

  /** The session is over; its last picture stays. */
  #end (failed: boolean, words: string): void {
    const visit = this.#visit
    if (this.#state === 'ended' || this.#state === 'closed') return
    this.#idle.close()
    visit?.giveUp.abort()
    // A picture stays to be looked at; without one the drawing surface, of which a browser has few, is given back at once.
    if (visit?.inspection !== undefined) visit.viewer.leave()
    else visit?.viewer.shutdown()
    this.#become('ended')
    visit?.fail(new Error(words))
    this.#notice.say(words, visit === undefined ? undefined : { label: 'Start again', action: () => { this.load(visit.model).catch(() => {}) } })
    this.#hub.tell('ended', { failed, words })
  }

  #leave (words: string): void {
    const visit = this.#visit
    this.#visit = undefined
    this.#idle.close()
    if (visit === undefined) return
    visit.giveUp.abort()
    visit.fail(new Error(words))
    visit.toolbar?.close()
    visit.viewer.shutdown()
    this.#root.querySelector(':scope > canvas')?.remove()
  }

  /** Only a session is ended because nobody uses it. */
  #use (): void {
    if (this.#state === 'open' && this.#options.mode !== 'single') this.#idle.touch()
  }

  #become (state: ViewerState): void {
    if (this.#state === state) return
    this.#state = state
    this.#root.dataset['state'] = state
    this.#hub.tell('state', state)
  }
}
