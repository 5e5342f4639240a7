import type { Clock } from '../../clock.ts'
import { ServerConnection, type Reentry } from '../server-connection.ts'
import { waitingWords } from '../waiting-words.ts'
import type { HoopsCallbacks, HoopsLibrary, HoopsOptions, HoopsViewer } from './hoops-library.ts'
import { headSays, type ViewerFiles } from './viewer-files.ts'
import { fileEndpoint, proxyEndpoint, spawnedEndpoint, type ViewWish, type Way } from './view-wish.ts'

/** Where a view stands: asked for, given to the viewer, its scene there, its model there; or over. */
export type ViewPhase = 'starting' | 'open' | 'scene-ready' | 'complete' | 'closed' | 'failed'

export interface ViewListeners {
  /** It came to `phase`, said in `words`. */
  reached: (phase: ViewPhase, words: string) => void
  endpoint: (uri: string) => void
  /** Something short of its end went wrong. */
  complain: (words: string) => void
  /** The viewer closes soon because nobody uses it; `minutes` as the viewer tells. */
  idle: (minutes: number) => void
}

const opening: Readonly<Record<Way, string>> = {
  rest: 'The viewer connects.',
  proxy: 'The viewer connects, which starts a stream server.',
  scs: 'The viewer loads the file.'
}

/** One view by a HOOPS Web Viewer, from the wish to its end. */
export class HoopsView {
  readonly #library: HoopsLibrary
  readonly #files: ViewerFiles
  readonly #wish: ViewWish
  readonly #container: HTMLElement
  readonly #listeners: ViewListeners
  readonly #clock: Clock
  readonly #giveUp = new AbortController()
  readonly #sizes = new ResizeObserver(() => { this.#viewer?.resizeCanvas?.() })
  #viewer: HoopsViewer | undefined
  #serviceId: string | undefined
  /** Its way back to its seat, or to its place in line; undefined: there is none, or it was given up. */
  #reentry: Reentry | undefined
  readonly #before: string | undefined
  #sceneReady = false
  #over = false

  /** `container` is an element with an id, in the document, that belongs to the viewer; `before`: the token of the place that the view before had. */
  constructor (library: HoopsLibrary, files: ViewerFiles, wish: ViewWish, container: HTMLElement, listeners: ViewListeners, clock: Clock, before?: string) {
    this.#before = before
    this.#library = library
    this.#files = files
    this.#wish = wish
    this.#container = container
    this.#listeners = listeners
    this.#clock = clock
  }

  /** Finds an endpoint and starts the viewer on it. What fails is told to the listeners, in words. */
  async start (): Promise<void> {
    const { way } = this.#wish
    try {
      if (way !== 'proxy') this.#reach('starting', way === 'rest' ? 'Asked for a stream server.' : 'Looked for the file.')
      const endpointUri = await this.#endpoint()
      if (this.#over) return
      this.#listeners.endpoint(endpointUri)
      this.#viewer = new this.#library.WebViewer(this.#options(endpointUri))
      this.#viewer.setCallbacks(this.#callbacks())
      this.#sizes.observe(this.#container)
      this.#reach('open', opening[way])
      if (await this.#viewer.start() === false) throw new Error('')
    } catch (error) {
      this.#end('failed', error instanceof Error && error.message !== '' ? error.message : 'The viewer could not be started. The browser’s console may say more.')
    }
  }

  /** Keeps the viewer from closing for want of use. */
  stay (): void { this.#viewer?.resetClientTimeout?.() }

  /** Ends it and gives its seat back: the viewer closes its connection, and the stream server ends. Twice is nothing. */
  close (): void { this.#end('closed', 'Shut down.') }

  /** It ends, and somebody else goes on in its place: `keep` hears how that is found, also of one that lost its connection, and says whether it kept it. */
  depart (keep: (place: Reentry) => boolean): void {
    this.#end('closed', 'Shut down.', this.#reentry !== undefined && keep(this.#reentry))
  }

  async #endpoint (): Promise<string> {
    const { way, renderer, sessionToken } = this.#wish
    if (way === 'proxy') return proxyEndpoint(this.#wish, location.href)
    if (way === 'scs') {
      const file = fileEndpoint(this.#wish, document.baseURI)
      if (file.status === 'refused') throw new Error(file.words)
      if (!await headSays(file.uri)) throw new Error(`There is no file at ${new URL(file.uri).pathname}. SCS files go into a folder named by SLIPWAY_STATIC_DIRS.`)
      return file.uri
    }
    // Without the model: the viewer names it, as the SDK's own pages have it.
    const params = { ...sessionToken !== '' && { sessionToken }, reentry: this.#before ?? true as const }
    const { endpointUri, serviceId, reentry } = await new ServerConnection(new URL('.', location.href).href, this.#clock).connect({ class: `${renderer}_session`, params }, {
      signal: this.#giveUp.signal,
      waiting: waiting => {
        this.#reentry = waiting.reentry
        this.#reach('starting', waitingWords(waiting))
      }
    })
    this.#reentry = reentry
    this.#serviceId = serviceId
    if (this.#over) this.#giveBack()
    return spawnedEndpoint(endpointUri, location.href)
  }

  #options (endpointUri: string): HoopsOptions {
    const { way, model, renderer, sessionToken } = this.#wish
    const { Client, Server } = this.#library.RendererType ?? { Client: 0, Server: 1 }
    return {
      containerId: this.#container.id,
      endpointUri,
      enginePath: this.#files.folder,
      rendererType: way !== 'scs' && renderer === 'ssr' ? Server : Client,
      ...way === 'scs' ? {} : { model },
      ...way === 'rest' && sessionToken !== '' ? { sessionToken } : {}
    }
  }

  #callbacks (): HoopsCallbacks {
    return {
      sceneReady: () => {
        this.#sceneReady = true
        this.#reach('scene-ready', 'The scene is ready.')
      },
      modelStructureReady: () => { this.#reach('complete', 'The model’s structure is there.') },
      firstModelLoaded: () => { this.#reach('complete', 'The model is loaded.') },
      modelLoadFailure: (model, reason) => { this.#end('failed', `The model “${String(model)}” could not be loaded: ${String(reason)}`) },
      missingModel: path => { this.#listeners.complain(`A part of the model is missing: ${String(path)}`) },
      timeoutWarning: minutes => { this.#listeners.idle(Number(minutes)) },
      timeout: () => { this.#end('closed', 'The viewer closed, since nobody used it for a while.') },
      websocketConnectionClosed: () => { this.#end('failed', this.#sceneReady ? 'The connection to the stream server was lost.' : 'The connection was closed before anything came. Perhaps every seat is taken, or viewer and stream server are of different versions; the service’s log says more.', true) },
      webGlContextLost: () => { this.#end('failed', 'The browser took the graphics memory away (the WebGL context is lost).', true) }
    }
  }

  #reach (phase: ViewPhase, words: string): void {
    if (!this.#over) this.#listeners.reached(phase, words)
  }

  /** @param keepsPlace its seat is not given back: it may be wanted again soon */
  #end (how: 'closed' | 'failed', words: string, keepsPlace = false): void {
    if (this.#over) return
    this.#reach(how, words)
    this.#over = true
    this.#giveUp.abort()
    this.#sizes.disconnect()
    // Before the viewer closes its connection: a seat whose viewer dropped would be kept for it.
    if (!keepsPlace) this.#giveBack()
    try {
      this.#viewer?.shutdown()
    } catch (error) {
      this.#listeners.complain(`The viewer did not shut down cleanly: ${String(error)}`)
    }
    this.#container.replaceChildren()
  }

  /** Ends the session, for whose viewer a seat is kept no longer. */
  #giveBack (): void {
    this.#reentry = undefined
    if (this.#serviceId === undefined) return
    fetch(`api/spawns/${encodeURIComponent(this.#serviceId)}`, { method: 'DELETE', keepalive: true }).catch(() => {})
  }
}
