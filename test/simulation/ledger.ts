import { reasons, type Reason } from '../../src/sessions/reasons.ts'
import type { SessionView } from '../../src/sessions/session.ts'
import { isTerminal, mayFollow, type Limit, type State } from '../../src/sessions/transitions.ts'
import type { Limits } from '../../src/sessions/watchdog.ts'
import type { Spawner } from '../../src/spawning/spawner.ts'
import type { Report } from '../../src/status/report.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** A moment on the clock: as it is shown, awake, and after how many jumps. */
export interface Moment { now: number, awake: number, jumps: number }

/** What was told of one session. */
export interface Entry {
  readonly id: string
  state: State
  reason: Reason | null
  port: number | null
  /** How its caller asked, as far as was told. */
  via: SessionView['via']
  readonly created: Moment
  entered: Moment
  /** When its caller asked, once it has one. */
  asked: Moment
  reported: Moment | null
  input: Moment | null
  /** Callers it was given to. */
  givenTo: number
}

/** Reasons that nothing but their limit of time leads to, counted from the state the session is in. */
const early: Partial<Record<Reason, Limit>> = { start_timeout: 'startTimeout' }

/** Keeps the books of one run from what the spawner tells, and notes where that contradicts itself. */
export class Ledger {
  readonly entries = new Map<string, Entry>()
  readonly faults: string[] = []
  created = 0
  ended = 0
  answered = 0
  alive = 0
  draining = false
  readonly #clock: VirtualClock
  readonly #limits: Limits

  constructor (spawner: Spawner, clock: VirtualClock, limits: Limits) {
    this.#clock = clock
    this.#limits = limits
    spawner.on('session', (view, from) => { this.#moved(view, from) })
    spawner.on('answered', () => { this.answered++ })
    spawner.on('dropped', id => { if (!isTerminal(this.entries.get(id)?.state ?? 'queued')) this.faults.push(`the record of ${id} was forgotten while it lives`) })
  }

  get moment (): Moment { return { now: this.#clock.now(), awake: this.#clock.awake, jumps: this.#clock.jumps } }

  /** A report is about to be taken. */
  reports (id: string, { viewers, idle }: Report): void {
    const entry = this.entries.get(id)
    if (entry === undefined || entry.state === 'queued' || entry.state === 'draining') return
    entry.reported = this.moment
    if (viewers !== null && viewers > 0 && idle !== null) entry.input = this.moment
  }

  #moved (view: SessionView, from: State | null): void {
    const { id, state, reason, via } = view
    const known = this.entries.get(id)
    if (from === null) {
      if (known !== undefined) this.faults.push(`${id} came twice`)
      if (this.draining) this.faults.push(`${id} was begun after the drain`)
      this.created++
      this.alive++
      this.entries.set(id, { id, state, reason, via, port: null, created: this.moment, entered: this.moment, asked: this.moment, reported: null, input: null, givenTo: 0 })
      return
    }
    if (known === undefined) {
      this.faults.push(`${id} moved and never came`)
      return
    }
    if (known.state !== from || !mayFollow(from, state)) this.faults.push(`${id} went from ${known.state} (told as ${from}) to ${state}`)
    if (known.reason !== null && known.reason !== reason) this.faults.push(`${id}: the reason ${known.reason} became ${reason}`)
    if (known.reason === null && reason !== null) this.#early(known, reason)
    if (isTerminal(state)) this.#over(known, view)
    Object.assign(known, { state, reason, via, port: view.port, entered: this.moment })
    if (state === 'connected') known.input = null
  }

  #over ({ id }: Entry, { state, reason, endedAt }: SessionView): void {
    this.ended++
    this.alive--
    if (reason === null || endedAt === null) this.faults.push(`${id} ended without a reason or an hour`)
    else if (state !== 'lost' && reasons[reason].end !== state) this.faults.push(`${id} ended ${state} by ${reason}`)
  }

  /** A deadline's reason is told only when its time has passed. */
  #early (entry: Entry, reason: Reason): void {
    const waited = this.#clock.now() - entry.entered.now
    const limit = early[reason]
    if (limit !== undefined && waited < this.#limits[limit]) this.faults.push(`${entry.id} ended by ${reason} after ${waited} ms`)
  }
}
