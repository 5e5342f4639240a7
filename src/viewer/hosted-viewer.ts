import type { Clock } from '../clock.ts'
import type { Viewer, ViewerEvents, ViewerOptions, ViewerState, Properties, Section } from './api.ts'
import { EndWarning } from './end-warning.ts'
import { EventHub } from './event-hub.ts'
import type { KeptSessions } from './kept-sessions.ts'
import { Notice } from './notice.ts'
import { StreamingViewer } from './streaming-viewer.ts'
import type { Inspection } from './tools/inspection.ts'
import { element } from './tools/markup.ts'
import { Visit } from './visit.ts'

const minute = 60_000

/** A viewer in an element of somebody's page. */
export class HostedViewer implements Viewer {
  readonly #options: ViewerOptions
  readonly #clock: Clock
  readonly #root = element('div', 'slipway-viewer')
  readonly #notice = new Notice()
  readonly #hub = new EventHub<ViewerEvents>()
  readonly #warning: EndWarning
  readonly #over = new AbortController()
  readonly #kept: KeptSessions
  #state: ViewerState = 'empty'
  #visit: Visit | undefined
  /** What was shown when the page went away. */
  #departed: string | undefined

  constructor (host: HTMLElement, options: ViewerOptions, clock: Clock, kept: KeptSessions) {
    const { idleMinutes = 15, idleWarningSeconds = 60 } = options
    this.#options = options
    this.#clock = clock
    this.#kept = kept
    this.#warning = new EndWarning(clock, this.#notice, { allowed: idleMinutes * minute, warning: idleWarningSeconds * 1000 }, {
      stay: () => { this.#visit?.viewer.stay() },
      over: words => { this.#end(false, words) },
      idle: secondsLeft => { this.#hub.tell('idle', { secondsLeft }) }
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
    this.#become('starting')
    this.#notice.say(this.#options.mode === 'single' ? 'The file is asked for' : 'A stream server is being started')
    let visit: Visit | undefined
    try {
      this.#visit = visit = this.#visitTo(model)
      await visit.begin(this.#kept)
    } catch (error) {
      if (this.#visit === visit) this.#end(true, error instanceof Error ? error.message : String(error))
      throw error
    }
  }

  close (): void {
    if (this.#state === 'closed') return
    this.#leave('The viewer was closed.')
    this.#over.abort()
    this.#root.remove()
    this.#become('closed')
    this.#hub.clear()
  }

  /** The page goes away; where it is loaded again or comes back soon, the same model goes on. */
  depart (): void {
    if (this.#visit === undefined || (this.#state !== 'starting' && this.#state !== 'open')) return
    this.#departed = this.#visit.model
    this.#visit.depart(this.#kept)
    this.#leave('The page went away.')
    this.#become('ended')
  }

  /** The page comes back from the browser's memory as it was when it went away. */
  comeBack (): void {
    const model = this.#departed
    this.#departed = undefined
    // What fails is said on the picture.
    if (model !== undefined && this.#state === 'ended') this.load(model).catch(() => {})
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

  /** What a visit tells counts as long as it is the one that is here: an older one may have something to say yet. */
  #visitTo (model: string): Visit {
    const heard = <Told extends unknown[]>(hear: (...told: Told) => void) => (...told: Told): void => { if (this.#visit === visit) hear(...told) }
    const visit: Visit = new Visit(this.#root, model, this.#options, this.#clock, {
      waiting: heard(words => { this.#notice.say(words) }),
      preparing: heard(({ percent, step }) => {
        this.#notice.say(`${step} (${Math.round(percent)} %)`)
        this.#hub.tell('progress', { percent, step })
      }),
      opened: heard(() => {
        if (this.#state !== 'starting') return
        // The last in the element lies on top.
        this.#root.append(this.#notice.element)
        this.#notice.hide()
        this.#become('open')
        this.#use()
      }),
      selected: heard(selected => { this.#hub.tell('selection', selected) }),
      complete: heard(geometry => { this.#hub.tell('complete', geometry) }),
      connection: heard(lost => {
        this.#hub.tell('connection', { lost })
        this.#warning.connection(lost)
      }),
      ending: heard(ending => { this.#warning.expect(ending) }),
      ended: heard((how, words) => { this.#end(how === 'failed', how === 'failed' ? words : this.#warning.farewell(words)) })
    })
    return visit
  }

  /** The session is over; its last picture stays. */
  #end (failed: boolean, words: string): void {
    const visit = this.#visit
    if (this.#state === 'ended' || this.#state === 'closed') return
    this.#warning.close()
    this.#become('ended')
    visit?.end(words)
    this.#notice.say(words, visit === undefined ? undefined : { label: 'Start again', action: () => { this.load(visit.model).catch(() => {}) } })
    this.#hub.tell('ended', { failed, words })
  }

  #leave (words: string): void {
    this.#warning.close()
    this.#visit?.close(words)
    this.#visit = undefined
  }

  /** Only a session is ended because nobody uses it. */
  #use (): void {
    if (this.#state === 'open' && this.#options.mode !== 'single') this.#warning.touch()
  }

  #become (state: ViewerState): void {
    if (this.#state === state) return
    this.#state = state
    this.#root.dataset['state'] = state
    this.#hub.tell('state', state)
  }
}
