/**
 * Shows a model that a Slipway service streams, in `element`, which the viewer fills and empties again when it is closed.
 * Throws an Error in words when the browser cannot draw.
 */
export declare function createViewer (element: HTMLElement, options?: ViewerOptions): Viewer

export interface ViewerOptions {
  /** Where the service is, without `/api`. The folder of the page when left out. */
  service?: string
  /** A model to load at once: its bare name, as in the service's list. */
  model?: string
  /** Where pictures are drawn: on the client (`csr`) or on the server (`ssr`); when left out on the client, as far as the browser has WebGL 2; `single`: on the client, from one file, without a session. */
  mode?: 'csr' | 'ssr' | 'single'
  /** What the viewer presents to the stream server. */
  sessionToken?: string
  /**
   * What of the model is streamed to a browser that draws: `interactive`, as when left out, what is seen, as fine as it is seen; `all`, the rest too, in full
   * detail, once what is seen is there; `on-demand`, nothing but what `request` asks for.
   */
  streamingMode?: 'interactive' | 'all' | 'on-demand'
  /**
   * How much geometry and how many textures a browser that draws holds, in bytes (512 MiB when left out), and how many triangles it draws in one picture (20 million). What is
   * out of sight goes first, then detail. Buffers may take twice these bytes.
   */
  budget?: { bytes?: number, triangles?: number }
  /** Shows the bar of tools over the picture; true when left out. */
  tools?: boolean
  /** After so many minutes without pointer, key or call the session ends; 15 when left out, 0 for never. */
  idleMinutes?: number
  /** How many seconds before that end the viewer warns; 60 when left out. */
  idleWarningSeconds?: number
}

/**
 * `empty`: nothing was loaded yet; `starting`: a stream server is asked for, or has not told the scene yet; `open`: the scene is known;
 * `ended`: the session is over, its last picture stays, `load` begins another; `closed`: for good.
 */
export type ViewerState = 'empty' | 'starting' | 'open' | 'ended' | 'closed'

export interface ViewerEvents {
  state: ViewerState
  /** While a model is prepared, which happens once per content. */
  progress: { percent: number, step: string }
  /** The picture holds everything that is seen from here; `limited`: as fine as the budget allows, which is coarser than it would be otherwise. */
  complete: { triangles: number, bytes: number, limited: boolean }
  /** Indices of the instances that are selected now. */
  selection: readonly number[]
  /** The session ends in so many seconds unless somebody does something. Undefined: somebody did. */
  idle: { secondsLeft: number | undefined }
  /** The connection was lost and is tried for again, for as long as the stream server waits; or it is there again. */
  connection: { lost: boolean }
  /** The session is over; `failed` says that something went wrong, `words` what, in a sentence for people. */
  ended: { failed: boolean, words: string }
}

export interface Section {
  axis: 'x' | 'y' | 'z'
  /** From 0, the model's least coordinate along the axis, to 1, its largest. */
  position: number
  flipped: boolean
}

export interface Properties {
  name: string
  /** Name of the part, when all are of one. */
  part: string | undefined
  /** How many instances are meant. */
  count: number
  /** How often the part stands in the whole assembly; undefined for several parts. */
  instances: number | undefined
  /** At full detail. */
  triangles: number
  /** Extent along x, y and z in metres. */
  size: [number, number, number]
}

/** Instances are named by their place in the scene, from 0; unknown ones are ignored. Before the scene is known tools do nothing. */
export interface Viewer {
  readonly state: ViewerState
  /** Instances in the scene; 0 before it is known. */
  readonly instances: number
  readonly selected: readonly number[]
  /** Begins a session with this model, after ending the one before. Resolves when the scene is known; rejects with an Error in words. */
  load (model: string): Promise<void>
  /** Ends the session and its stream server and empties the element. Twice is nothing. */
  close (): void
  /** The whole model from where the camera looks now. */
  fit (): void
  fitSelection (): void
  view (name: 'iso' | 'front' | 'top' | 'right'): void
  /** Selects these and nothing else, or with `add` these too. */
  select (instances: Iterable<number>, add?: boolean): void
  hide (instances: Iterable<number>): void
  show (instances: Iterable<number>): void
  showAll (): void
  /** Hides everything else. */
  isolate (instances: Iterable<number>): void
  /** While something is selected, everything else is only hinted at. */
  setGhosts (on: boolean): void
  setEdges (on: boolean): void
  /** Solids that are cut open are filled. Null takes the cut back. */
  setSection (section: Section | null): void
  /** From 0, everything in its place, to 3. */
  explode (factor: number): void
  /** In streaming mode `on-demand`: these instances are streamed as far as they are seen, or with `on` false no longer. Nothing is at first. */
  request (instances: Iterable<number>, on?: boolean): void
  /** The instance at a point in CSS pixels from the picture's upper left corner, and the point met in metres. */
  pick (x: number, y: number): Promise<{ instance: number, point: [number, number, number] } | undefined>
  /** Instances whose name, or the name of whose branch, contains `words`. */
  search (words: string): number[]
  properties (instances: Iterable<number>): Properties | undefined
  /** A PNG of the picture on white. Rejects before there is one. */
  screenshot (): Promise<Blob>
  /** The answer stops listening. */
  on<Name extends keyof ViewerEvents> (name: Name, listener: (told: ViewerEvents[Name]) => void): () => void
}
