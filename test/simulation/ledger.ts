import type { AskedLimits } from '../../src/sessions/asked-limits.ts'
import { reasons, type Reason } from '../../src/sessions/reasons.ts'
import type { SessionView } from '../../src/sessions/session.ts'
import { isTerminal, mayFollow, type Limit, type Limits, type State } from '../../src/sessions/transitions.ts'
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
  /** Since when nobody is there: its start, or its claim, or its viewer's leaving. */
  unused: Moment
  /** When its caller asked, once it has one. */
  asked: Moment
  reported: Moment | null
  input: Moment | null
  /** A viewer was on it. */
  visited: boolean
  /** Its stream server tells of input. */
  tellsInput: boolean
  /** Callers it was given to. */
  givenTo: number
  /** It has ended, and its seat is kept for whoever had it. */
  kept: boolean
  /** The service went away, and the next one has not said that it has it. */
  left: boolean
}

/** Reasons that only a limit of time leads to, and what that is counted from. */
const limited: Partial<Record<Reason, [Limit, (entry: Entry) => Moment | null]>> = {
  start_timeout: ['startTimeout', ({ entered, asked }) => asked.now > entered.now ? asked : entered],
  first_connect_timeout: ['firstConnectTimeout', ({ unused }) => unused],
  ping_timeout: ['pingTimeout', ({ reported, entered }) => reported ?? entered],
  idle_timeout: ['idleTimeout', ({ input }) => input],
  max_lifetime: ['maxLifetime', ({ asked }) => asked]
}

/** Ends after which whoever had a session may want its seat back. */
const returnable: ReadonlySet<Reason> = new Set(['client_closed', 'exited', 'crashed', 'killed_by_signal', 'ping_timeout', 'owner_lost'])

/** A stream server counts from its own start when it leaves since nobody came: a little early by our clock. */
const tolerance = 0.95

/** Keeps the books of one run from what the spawner tells, and notes where that contradicts itself. */
export class Ledger {
  readonly entries = new Map<string, Entry>()
  readonly faults: string[] = []
  created = 0
  ended = 0
  answered = 0
  alive = 0
  draining = false
  /** Since when what is left is to be stopped after so many milliseconds; null: never. */
  drainDue: { at: Moment, patience: number } | null = null
  /** Drains that have begun. */
  drains = 0
  /** The machine is too busy to start more. */
  busy = false
  /** Limits of sessions' own, by their ids. */
  readonly own = new Map<string, AskedLimits>()
  /** Whose sessions are, by their ids. */
  readonly callers = new Map<string, string>()
  /** Sessions by the tokens of whoever has them, as long as those are good. */
  readonly tokens = new Map<string, string>()
  /** Tokens that were shown while their sessions lived. */
  readonly #shown = new Map<string, string>()
  readonly #clock: VirtualClock
  readonly #limits: Limits
  /** Milliseconds for which a seat is kept. */
  readonly #hold: number

  constructor (clock: VirtualClock, limits: Limits, hold: number) {
    this.#clock = clock
    this.#hold = hold
    this.#limits = limits
  }

  /** Another service is there: it has to take over every session that lives. */
  follow (spawner: Spawner): void {
    this.draining = this.busy = false
    this.drainDue = null
    // Whoever was waiting for the end of its session was not served.
    for (const [token, id] of this.#shown) this.tokens.set(token, id)
    this.#shown.clear()
    for (const entry of this.entries.values()) entry.kept = false
    // Seats that were kept are not, but whoever has a session that lives still comes back to it.
    for (const [token, id] of this.tokens) if (isTerminal(this.entries.get(id)?.state ?? 'lost')) this.tokens.delete(token)
    this.drains++
    for (const entry of this.entries.values()) entry.left = !isTerminal(entry.state)
    spawner.on('session', (view, from) => { this.#moved(view, from) })
    spawner.on('answered', () => { this.answered++ })
    spawner.on('dropped', id => { if (!isTerminal(this.entries.get(id)?.state ?? 'queued')) this.faults.push(`the record of ${id} was forgotten while it lives`) })
  }

  get moment (): Moment { return { now: this.#clock.now(), awake: this.#clock.awake, jumps: this.#clock.jumps } }

  /** Starts under way. */
  get starting (): number {
    let count = 0
    for (const { state } of this.entries.values()) if (state === 'queued' || state === 'starting') count++
    return count
  }

  /** Milliseconds of a session's limit. */
  limit ({ id }: Entry, name: Limit): number { return (this.own.get(id) as Partial<Limits> | undefined)?.[name] ?? this.#limits[name] }

  /** The viewer came, which `take` lets happen, or says something in its tunnel. */
  tunnelled (id: string, take: () => void): void {
    take()
    const entry = this.entries.get(id)
    if (entry?.state === 'connected' && !entry.tellsInput) entry.input = this.moment
  }

  /** Somebody shows a token: whether a seat must be kept for it. Written down here once more, so that a rule that is broken is found. */
  takeSeat (token: string | null): boolean {
    const entry = this.entries.get(this.tokens.get(token ?? '') ?? '')
    if (token !== null && this.tokens.delete(token) && entry !== undefined && !isTerminal(entry.state)) this.#shown.set(token, entry.id)
    return entry?.kept === true && !this.draining && this.#clock.now() - entry.entered.now < this.#hold
  }

  /** From now on nothing is given out. */
  drained (): void {
    if (!this.draining) this.drains++
    this.draining = true
  }

  /** The drain is called off. */
  resumed (): void {
    this.draining = false
    this.drainDue = null
  }

  /** A report is taken, which `take` does. */
  reports (id: string, { viewers, idle }: Report, take: () => void): void {
    const entry = this.entries.get(id)
    const heard = entry !== undefined && entry.state !== 'queued' && entry.state !== 'draining'
    if (heard) entry.reported = this.moment
    take()
    if (heard && viewers !== null && viewers > 0 && idle !== null) Object.assign(entry, { input: this.moment, tellsInput: true })
  }

  #moved (view: SessionView, from: State | null): void {
    const { id, state, reason, via } = view
    const known = this.entries.get(id)
    if (from === null && known?.left === true && state === 'adopted') {
      if (known.reason !== reason) this.faults.push(`${id}: the reason ${known.reason} became ${reason}`)
      Object.assign(known, { state, port: view.port, entered: this.moment, reported: null, input: null, tellsInput: false, left: false })
      return
    }
    if (from === null) {
      if (known !== undefined) this.faults.push(`${id} came twice`)
      if (this.draining) this.faults.push(`${id} was begun after the drain`)
      if (this.busy) this.faults.push(`${id} was begun while the machine was too busy`)
      this.created++
      this.alive++
      this.entries.set(id, { id, state, reason, via, port: null, created: this.moment, entered: this.moment, unused: this.moment, asked: this.moment, reported: null, input: null, visited: view.connectedAt !== null, tellsInput: false, givenTo: 0, kept: false, left: false })
      return
    }
    if (known === undefined) {
      this.faults.push(`${id} moved and never came`)
      return
    }
    if (known.state !== from || !mayFollow(from, state)) this.faults.push(`${id} went from ${known.state} (told as ${from}) to ${state}`)
    if (known.reason !== null && known.reason !== reason) this.faults.push(`${id}: the reason ${known.reason} became ${reason}`)
    if (known.reason === null && reason === 'drain' && !this.draining) this.faults.push(`${id} was ended by a drain that is none`)
    if (known.reason === null && reason !== null) this.#early(known, reason)
    if (isTerminal(state)) this.#over(known, view)
    const kept = isTerminal(state) && this.#isKept(id, reason)
    Object.assign(known, { state, reason, via, port: view.port, kept, entered: this.moment })
    if (state === 'connected') Object.assign(known, { input: null, visited: true })
    if (state === 'starting' || (state === 'ready' && from !== 'starting' && from !== 'adopted')) known.unused = this.moment
  }

  /** Whether a session's seat is kept that ends in this moment. One caller has a quarter of the seats kept at most: with so few that is one. */
  #isKept (id: string, reason: Reason | null): boolean {
    const caller = this.callers.get(id)
    const another = [...this.entries.values()].some(({ id: other, state, entered }) => other !== id && this.callers.get(other) === caller && isTerminal(state) && this.#clock.now() - entered.now < this.#hold)
    return !another && returnable.has(reason ?? 'drain') && [...this.tokens.values()].includes(id)
  }

  #over ({ id }: Entry, { state, reason, endedAt }: SessionView): void {
    this.ended++
    this.alive--
    if (reason === null || endedAt === null) this.faults.push(`${id} ended without a reason or an hour`)
    else if (state !== 'lost' && reasons[reason].end !== state) this.faults.push(`${id} ended ${state} by ${reason}`)
  }

  /** A deadline's reason is told only when its time has passed. */
  #early (entry: Entry, reason: Reason): void {
    if (reason === 'first_connect_timeout' && entry.visited) this.faults.push(`${entry.id}: nobody came, it is said, and somebody had`)
    const rule = limited[reason]
    if (rule === undefined) return
    const [limit, since] = rule
    const from = since(entry)
    if (from === null || this.#clock.now() - from.now < this.limit(entry, limit) * tolerance) this.faults.push(`${entry.id} ended by ${reason} ${from === null ? 'of nothing' : `after ${this.#clock.now() - from.now} ms`}`)
  }
}
