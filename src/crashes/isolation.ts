import { EventEmitter } from 'node:events'
import type { Clock } from '../clock.ts'
import type { SessionView } from '../sessions/session.ts'
import type { State } from '../sessions/transitions.ts'
import type { Barred } from '../spawning/outcome.ts'
import { blamesModel } from './ending.ts'
import type { KeptIsolations } from './isolation-file.ts'

export interface IsolationOptions {
  /** Crashes of one model within `window` after which it is isolated; 0: never. */
  limit: number
  /** Milliseconds. */
  window: number
  /** Milliseconds from its last crash until it may be tried again. */
  pause: number
  clock: Clock
}

export type IsolationEvents = {
  /** A model is isolated, or still is since it crashed once more; until then, in milliseconds since the epoch. */
  isolated: [{ model: string, until: number, again: boolean }]
  /** A session tries an isolated model. */
  tried: [{ model: string, id: string }]
  /** A model is like any other again. */
  released: [{ model: string, by: 'trial' | 'operator' }]
}

/** Milliseconds for which a viewer must be on a trial without a crash. */
const proof = 30_000

/** Most models whose crashes are remembered. */
const mostModels = 1_000

interface Suspect {
  /** When it crashed, within the window. */
  crashes: number[]
  /** Null: not isolated. */
  until: number | null
  /** The session that tries it. */
  trial: string | null
  cancel: () => void
}

/**
 * Keeps a model that crashes again and again from everybody: after too many crashes it is isolated for a while, then one session at a
 * time tries it, until one of them has had a viewer for half a minute. Told of every step by `session` and `named`. Whoever asks for
 * another model, or for none, is never concerned.
 */
export class Isolation extends EventEmitter<IsolationEvents> {
  readonly #options: IsolationOptions
  /** In the order of their first crash. */
  readonly #suspects = new Map<string, Suspect>()
  /** Models by the session that tries them. */
  readonly #trials = new Map<string, string>()

  constructor (options: IsolationOptions) {
    super()
    this.#options = options
  }

  /** Why a request for the model is turned away now; `undefined`: it is not. */
  barred (model: string): Barred | undefined {
    const suspect = this.#suspects.get(model)
    if (suspect === undefined || suspect.until === null) return undefined
    const left = suspect.until - this.#options.clock.now()
    if (left > 0) return { retryAfter: Math.ceil(left / 1_000), tried: false }
    return suspect.trial === null ? undefined : { retryAfter: proof / 1_000, tried: true }
  }

  /** Models that are isolated; `until` in milliseconds since the epoch, `tried`: by a session now. */
  isolated (): Array<{ model: string, crashes: number, until: number, tried: boolean }> {
    return [...this.#suspects].flatMap(([model, { crashes, until, trial }]) => until === null ? [] : [{ model, crashes: crashes.length, until, tried: trial !== null }])
  }

  /** What another service needs in order to go on with it. */
  kept (): KeptIsolations {
    return [...this.#suspects].flatMap(([model, { crashes, until }]) => until === null || this.#isStale(until) ? [] : [{ model, crashes, until }])
  }

  /** Goes on with what a service before had isolated, no longer than `pause` from now, and not with what nobody has tried for so long that its crashes would not count either; to be called before anything crashes. Where models are never isolated, it does nothing. */
  restore (kept: KeptIsolations): void {
    const { limit, pause, clock } = this.#options
    if (limit === 0) return
    for (const { model, crashes, until } of kept.filter(({ until }) => !this.#isStale(until)).slice(0, mostModels)) {
      Object.assign(this.#suspect(model), { crashes: crashes.slice(-limit), until: Math.min(until, clock.now() + pause) })
    }
  }

  /** A session came (`from` is null) or moved on. */
  session (session: SessionView, from: State | null): void {
    if (from === null) this.#begin(session)
    this.#watch(session)
    if (session.endedAt !== null) this.#end(session)
  }

  /** A viewer named its model. */
  named (session: SessionView): void {
    this.#begin(session)
    this.#watch(session)
  }

  /** Somebody who may lets a model in again; `false`: it is not isolated. */
  release (model: string): boolean {
    if (this.#suspects.get(model)?.until == null) return false
    this.#free(model, 'operator')
    return true
  }

  /** Lets go of every timer. Closing twice is nothing. */
  close (): void {
    for (const { cancel } of this.#suspects.values()) cancel()
  }

  #begin ({ id, model }: SessionView): void {
    const suspect = model === null ? undefined : this.#suspects.get(model)
    if (model === null || suspect === undefined || suspect.until === null || suspect.trial !== null || this.#options.clock.now() < suspect.until) return
    suspect.trial = id
    this.#trials.set(id, model)
    this.emit('tried', { model, id })
  }

  /** A trial has passed when its viewer stays. */
  #watch ({ id, state }: SessionView): void {
    const model = this.#trials.get(id)
    const suspect = model === undefined ? undefined : this.#suspects.get(model)
    if (model === undefined || suspect === undefined) return
    suspect.cancel()
    suspect.cancel = state === 'connected' ? this.#options.clock.after(proof, () => { this.#free(model, 'trial') }) : () => {}
  }

  #end (session: SessionView): void {
    const tried = this.#trials.get(session.id)
    const suspect = tried === undefined ? undefined : this.#suspects.get(tried)
    this.#trials.delete(session.id)
    // However else it ended, it has shown nothing: the next may try.
    if (suspect !== undefined) suspect.trial = null
    if (session.model !== null && this.#options.limit > 0 && blamesModel(session)) this.#crashed(session.model)
  }

  #crashed (model: string): void {
    const { limit, window, pause, clock } = this.#options
    const now = clock.now()
    const suspect = this.#suspects.get(model) ?? this.#suspect(model)
    const again = suspect.until !== null
    suspect.crashes = [...suspect.crashes.filter(at => now - at <= window), now].slice(-limit)
    if (!again && suspect.crashes.length < limit) return
    suspect.until = now + pause
    this.emit('isolated', { model, until: suspect.until, again })
  }

  #suspect (model: string): Suspect {
    const { window, clock } = this.#options
    const suspect: Suspect = { crashes: [], until: null, trial: null, cancel: () => {} }
    this.#suspects.set(model, suspect)
    for (const [name, { crashes, until }] of this.#suspects) {
      if (until !== null || name === model) continue
      if (this.#suspects.size > mostModels || clock.now() - (crashes.at(-1) ?? 0) > window) this.#suspects.delete(name)
    }
    return suspect
  }

  /** It might have been tried for longer than a crash counts. Within one service it stays isolated all the same: the next to come tries it. */
  #isStale (until: number): boolean {
    return this.#options.clock.now() - until > this.#options.window
  }

  #free (model: string, by: 'trial' | 'operator'): void {
    const suspect = this.#suspects.get(model)
    suspect?.cancel()
    if (suspect?.trial != null) this.#trials.delete(suspect.trial)
    this.#suspects.delete(model)
    this.emit('released', { model, by })
  }
}
