import type { Clock } from '../clock.ts'
import type { Reason } from '../sessions/reasons.ts'
import type { Renderer } from '../sessions/session.ts'
import type { Supervisor } from './supervisor.ts'

export interface ReserveOptions {
  /** Sessions to have ready, by renderer. */
  wanted: Readonly<Record<Renderer, number>>
  clock: Clock
  /** Starts one, which the spawner looks after as after any other. */
  start: (renderer: Renderer) => Supervisor
  /** Whether there is room for one more now, and nobody's own start is under way. */
  mayStart: () => boolean
  /** One could not be started or ended badly, this many in a row; the next is tried after so many milliseconds. */
  failed: (failed: { renderer: Renderer, reason: Reason | null, inARow: number, pause: number }) => void
}

/** Milliseconds of quiet, after people were served and between two starts, before the next one. */
const quiet = 500

/** Milliseconds until the next start after one that failed, twice as long after each, and the longest. */
const firstPause = 1_000
const longestPause = 60_000

/**
 * Sessions that are started ahead and wait for a request. They are filled up one at a time, when nobody else is being served, and
 * more and more slowly while they fail.
 */
export class Reserve {
  readonly #options: ReserveOptions
  /** Started ahead and asked for by nobody yet, in the order they were started. */
  readonly #sessions = new Set<Supervisor>()
  /** Those that end anyway, and whose place is promised to somebody. */
  readonly #promised = new WeakSet<Supervisor>()
  #open = false
  #starting = false
  #failures = 0
  #notBefore = 0
  #cancel: (() => void) | undefined

  constructor (options: ReserveOptions) {
    this.#options = options
  }

  /** Whether there is ever one for this renderer. */
  serves (renderer: Renderer): boolean { return this.#options.wanted[renderer] > 0 }

  /** Sessions that can be handed out; null where there never are any. */
  get ready (): number | null {
    return this.serves('csr') || this.serves('ssr') ? this.#alive().filter(({ isSpare }) => isSpare).length : null
  }

  /** Whether there is one to give up for somebody who needs its place, or one whose place comes free. */
  get canYield (): boolean { return this.#alive().length > 0 || this.#leaving !== undefined }

  /** Begins to fill up. */
  open (): void {
    this.#open = true
    this.#look()
  }

  /** Takes one out that can be handed out, the one that waited longest; `unfit` is called for each that turned out to be none. */
  claim (renderer: Renderer, unfit: () => void): Supervisor | undefined {
    for (const supervisor of this.#alive(renderer)) {
      if (!supervisor.isSpare) continue
      if (supervisor.provenFit()) {
        this.#failures = 0
        return this.#takeOut(supervisor)
      }
      unfit()
    }
    return undefined
  }

  /** Takes one out that is about to be ready. */
  adopt (renderer: Renderer): Supervisor | undefined {
    const supervisor = this.#alive(renderer).find(({ isSpare }) => !isSpare)
    return supervisor === undefined ? undefined : this.#takeOut(supervisor)
  }

  /** Gives one up, since its place is needed: one that is not ready yet, if there is one; else one that ends anyway. */
  yield (): Supervisor | undefined {
    const alive = this.#alive()
    const supervisor = alive.find(({ isSpare }) => !isSpare) ?? alive[0]
    if (supervisor === undefined) {
      const leaving = this.#leaving
      if (leaving !== undefined) this.#promised.add(leaving)
      return leaving
    }
    this.#takeOut(supervisor)
    supervisor.end('recycled')
    return supervisor
  }

  /** Something has changed that may make room, or leave a gap. */
  changed (): void {
    if (this.#open && this.#missing() !== undefined) this.#cancel ??= this.#options.clock.after(quiet, () => { this.#look() })
  }

  /** Ends what is left, and starts nothing any more. Closing twice is nothing. */
  close (reason: Reason): void {
    this.#open = false
    this.#cancel?.()
    for (const supervisor of this.#sessions) supervisor.end(reason)
    this.#sessions.clear()
  }

  /** One that is ending and whose place nobody waits for. */
  get #leaving (): Supervisor | undefined {
    return [...this.#sessions].find(supervisor => supervisor.session.reason !== null && !this.#promised.has(supervisor))
  }

  #alive (renderer?: Renderer): Supervisor[] {
    return [...this.#sessions].filter(({ session }) => session.reason === null && (renderer === undefined || session.order.renderer === renderer))
  }

  #takeOut (supervisor: Supervisor): Supervisor {
    this.#sessions.delete(supervisor)
    this.changed()
    return supervisor
  }

  /** A renderer of which there are too few. */
  #missing (): Renderer | undefined {
    return (['csr', 'ssr'] as const).find(renderer => this.#alive(renderer).length < this.#options.wanted[renderer])
  }

  /** Starts one where one is missing and it can be now; else looks again later. */
  #look (): void {
    this.#cancel = undefined
    const renderer = this.#missing()
    if (renderer === undefined || this.#starting) return
    if (this.#options.clock.now() >= this.#notBefore && this.#options.mayStart()) void this.#start(renderer)
    else this.changed()
  }

  async #start (renderer: Renderer): Promise<void> {
    const supervisor = this.#options.start(renderer)
    this.#sessions.add(supervisor)
    this.#starting = true
    void supervisor.ended.then(() => { this.#gone(supervisor) })
    await supervisor.open()
    this.#starting = false
    this.changed()
  }

  #gone (supervisor: Supervisor): void {
    if (!this.#sessions.delete(supervisor)) return
    const { reason, order: { renderer } } = supervisor.session
    if (reason === 'recycled') this.#failures = 0
    else if (reason !== 'admin') {
      const pause = Math.min(firstPause * 2 ** this.#failures++, longestPause)
      this.#notBefore = this.#options.clock.now() + pause
      this.#options.failed({ renderer, reason, inARow: this.#failures, pause })
    }
    this.changed()
  }
}
