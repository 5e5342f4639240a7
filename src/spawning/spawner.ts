import { EventEmitter } from 'node:events'
import type { Clock } from '../clock.ts'
import type { Actor } from '../sessions/actors.ts'
import type { Reason } from '../sessions/reasons.ts'
import { Session, type Renderer, type SessionOrder, type SessionView } from '../sessions/session.ts'
import { SessionTable } from '../sessions/session-table.ts'
import { StayLengths } from '../sessions/stay-lengths.ts'
import type { State } from '../sessions/transitions.ts'
import { Watchdog } from '../sessions/watchdog.ts'
import type { Report } from '../status/report.ts'
import type { ChildExit, ChildOutput, StartOrder } from './launcher.ts'
import { nobodysRequest, retrySeconds, takesAny, type Barred, type OpenRequest, type OpenResult, type Outcome, type SessionRequest } from './outcome.ts'
import { Quota } from './quota.ts'
import { Reserve } from './reserve.ts'
import { Supervisor } from './supervisor.ts'
import type { Phase, Surroundings } from './surroundings.ts'
import { WaitingLine, type Waited } from './waiting-line.ts'

/** What happened, told to whoever listens: metrics, logs, live views. */
export type SpawnerEvents = {
  /** A session came (`from` is null) or moved on, and who made it. */
  session: [SessionView, State | null, Actor]
  /** The record of an ended session was forgotten. */
  dropped: [string]
  /** The viewer named its model. */
  named: [SessionView]
  /** The launcher is told to start this. */
  ordered: [StartOrder]
  answered: [{ outcome: Outcome, reason: Reason | null }]
  /** Milliseconds a phase of a start took. */
  phase: [{ phase: Phase, milliseconds: number }]
  report: [Report['kind']]
  /** Sessions started ahead: one was handed out, was found unfit when one was asked for, or there was none. */
  claim: ['claimed' | 'unfit' | 'none']
  /** A session that was started ahead is ended, since it is no good. */
  unfit: [{ session: SessionView, why: string }]
  /** Sessions started ahead end badly, this many in a row; the next is tried after so many milliseconds. */
  aheadFailed: [{ renderer: Renderer, reason: Reason | null, inARow: number, pause: number }]
  exit: [ChildExit]
  /** What a stream server said, where its order asked to be told. */
  output: [ChildOutput]
}

export interface SpawnerOptions extends Omit<Surroundings, 'makeRoom' | 'moved' | 'named' | 'unfit' | 'phase' | 'watchdog'> {
  newId: () => string
  /** Why a model is kept from everybody now; absent: none ever is. */
  barred?: (model: string) => Barred | undefined
  renderers: readonly Renderer[]
  maxSessions: number
  /** Most sessions of one caller at a time; 0: without limit. */
  maxPerCaller: number
  /** Most requests that wait for a seat, and for how many milliseconds. */
  line: { room: number, patience: number }
  /** Sessions to have started ahead, by renderer. */
  ahead: Readonly<Record<Renderer, number>>
  /** How long the record of an ended session is kept, in milliseconds. */
  keepEnded: number
}

/** Seconds after which anybody may ask again, however long it takes. */
const longestRetry = 3_600

/**
 * The one deep module: opens sessions, takes their stream servers' reports, ends them. A session is in the table before its
 * process exists, so that the first report is never a stranger.
 */
export class Spawner extends EventEmitter<SpawnerEvents> {
  readonly #options: SpawnerOptions
  readonly #clock: Clock
  readonly #table = new SessionTable()
  readonly #supervisors = new Map<string, Supervisor>()
  readonly #surroundings: Surroundings
  /** Cancels the timers that forget ended sessions. */
  readonly #forgetting = new Map<string, () => void>()
  readonly #reserve: Reserve
  readonly #line: WaitingLine
  readonly #quota: Quota
  readonly #stays = new StayLengths()
  /** Requests whose stream servers are being started. */
  #serving = 0
  #draining = false
  #hurried = false

  constructor (options: SpawnerOptions) {
    super()
    this.#options = options
    this.#clock = options.clock
    const watchdog = new Watchdog(options.limits, options.clock, (session, reason) => { this.#supervisors.get(session.id)?.deadline(reason) })
    this.#surroundings = {
      ...options,
      watchdog,
      makeRoom: () => this.#reserve.yield()?.vacated,
      moved: (session, from, by) => { this.#moved(session, from, by) },
      named: session => { this.#named(session) },
      order: (session, port, request) => {
        const order = options.order(session, port, request)
        this.emit('ordered', order)
        return order
      },
      unfit: (session, why) => { this.emit('unfit', { session: session.view(), why }) },
      phase: (phase, milliseconds) => { this.emit('phase', { phase, milliseconds }) }
    }
    this.#line = new WaitingLine({ ...options.line, clock: options.clock })
    this.#quota = new Quota(options.maxPerCaller)
    this.#reserve = new Reserve({
      wanted: options.ahead,
      clock: options.clock,
      start: renderer => this.#supervise({ renderer, model: null, via: null }, nobodysRequest),
      mayStart: () => this.#serving === 0 && !this.#full && options.ports.counts().free > 1,
      failed: failed => { this.emit('aheadFailed', failed) }
    })
    options.launcher.on('exited', exit => {
      this.emit('exit', exit)
      this.#supervisors.get(exit.id)?.exited(exit)
      if (this.#table.get(exit.id)?.over !== false) this.#supervisors.delete(exit.id)
    })
    // Not only at the end of a session: one that is lost keeps its port, and so does one whose port is just being tried.
    options.ports.on('returned', () => { this.#callWaiting() })
    options.launcher.on('output', output => { this.emit('output', output) })
    options.launcher.on('lost', () => { for (const supervisor of [...this.#supervisors.values()]) supervisor.ownerLost() })
  }

  get draining (): boolean { return this.#draining }
  /** Sessions that have not ended. */
  get alive (): number { return this.#table.alive }
  get maxSessions (): number { return this.#options.maxSessions }
  /** Requests that wait for a seat. */
  get waiting (): number { return this.#line.length }
  get renderers (): readonly Renderer[] { return this.#options.renderers }
  /** Whether a request to view would be admitted now. */
  get hasRoom (): boolean {
    return !this.#draining && (!this.#cramped || this.#reserve.canYield)
  }

  session (id: string): SessionView | undefined { return this.#table.get(id)?.view() }
  /** The living session on a port. */
  sessionOnPort (port: number): SessionView | undefined { return this.#table.onPort(port)?.view() }
  /** Every session known: those alive, and those that ended a while ago. */
  sessions (): SessionView[] { return Array.from(this.#table.all(), session => session.view()) }
  /** Sessions that render on each GPU, by its index; empty where they are not spread. */
  gpuSessions (): readonly number[] { return this.#options.gpus.counts() }
  /** Sessions started ahead that can be handed out; null where none ever are. */
  get readyAhead (): number | null { return this.#reserve.ready }
  census (): ReturnType<SessionTable['census']> { return this.#table.census() }

  /** Age of the oldest last report among sessions that report, in milliseconds; 0 when there is none. */
  oldestReportAge (): number {
    const ages = Array.from(this.#table.living(), session => session.lastReportAt === null ? 0 : this.#clock.now() - session.lastReportAt)
    return Math.max(0, ...ages)
  }

  /** Milliseconds until whoever is at this place of the line, from 1, has probably a seat, judged by how long sessions last; null: none has ended yet. */
  expectedWait (place: number): number | null {
    const now = this.#clock.now()
    return this.#stays.until(place, Array.from(this.#table.living(), ({ requestedAt }) => now - requestedAt)) ?? null
  }

  /** Begins to start sessions ahead, where that is wanted: from now on stream servers can report. */
  startAhead (): void {
    if (!this.#draining) this.#reserve.open()
  }

  /** Starts a stream server and answers when it is ready, or with what stood in the way. Never rejects for an expected outcome. */
  async open (request: OpenRequest): Promise<OpenResult> {
    const result = await this.#open(request)
    this.emit('answered', { outcome: result.status, reason: 'reason' in result ? result.reason : null })
    return result
  }

  /** Takes a stream server's report. `unknown`: there is no such session. Late and repeated reports are taken and change nothing. */
  report (id: string, report: Report): 'taken' | 'unknown' {
    if (this.#table.get(id) === undefined) return 'unknown'
    this.emit('report', report.kind)
    this.#supervisors.get(id)?.report(report)
    return 'taken'
  }

  /** A viewer's tunnel to the session was joined. */
  viewerCame (id: string): void { this.#supervisors.get(id)?.viewers(1) }

  /** The last tunnel to the session is gone; its stream server says whether it stays. */
  viewerAway (id: string): void { this.#supervisors.get(id)?.viewers(0) }

  /** The viewer is gone for good and takes the session with it. */
  viewerLeft (id: string): void { this.#supervisors.get(id)?.end('client_closed', 'leave') }

  /** Stops a session; resolves with its record once it has ended, `undefined` when there is none. Stopping twice is nothing. */
  async stop (id: string, reason: Reason, by?: Actor): Promise<SessionView | undefined> {
    const supervisor = this.#supervisors.get(id)
    supervisor?.end(reason, 'SIGTERM', by)
    await supervisor?.ended
    return this.session(id)
  }

  /** From now on nothing is given out. Running sessions go on; those that wait for a request end at once. */
  drain (): void {
    this.#draining = true
    this.#line.close()
    this.#reserve.close('drain')
  }

  /** Drains, and resolves when no session is left alive. */
  async emptied (): Promise<void> {
    this.drain()
    await Promise.all(Array.from(this.#supervisors.values(), supervisor => supervisor.ended))
  }

  /** Drains and ends every session; resolves when all have ended. */
  async stopAll (): Promise<void> {
    const emptied = this.emptied()
    for (const supervisor of [...this.#supervisors.values()]) supervisor.end('drain', this.#hurried ? 'SIGKILL' : 'SIGTERM')
    await emptied
  }

  /** No more patience: every session gets SIGKILL now. */
  hurry (): void {
    this.#hurried = true
    void this.stopAll()
  }

  /** Ends everything and lets go of every timer. Calling twice is nothing. */
  async close (): Promise<void> {
    await this.stopAll()
    for (const cancel of this.#forgetting.values()) cancel()
    this.#forgetting.clear()
  }

  /** A process that outlived SIGKILL keeps its port, so the ports may run out before the seats do. */
  get #full (): boolean {
    const { maxSessions, ports } = this.#options
    return this.#table.alive + this.#line.called >= maxSessions || ports.counts().leased >= ports.size
  }

  /** Whether a request has to be turned away unless somebody makes room. */
  get #cramped (): boolean {
    const { ports } = this.#options
    const { free, resting } = ports.counts()
    return this.#full || free + resting <= ports.waiting
  }

  async #open (request: OpenRequest): Promise<OpenResult> {
    if (this.#draining) return { status: 'draining' }
    if (!this.#options.renderers.includes(request.renderer)) return { status: 'rendererDisabled' }
    if (request.signal.aborted) return { status: 'cancelled', reason: 'client_closed' }
    const isolated = this.#isolated(request)
    if (isolated !== undefined) return isolated
    if (!this.#quota.allows(request.caller, this.#line.waitingOf(request.caller))) return { status: 'quota', limit: this.#quota.limit, retryAfter: this.#retryAfter() }
    const ready = this.#fromReserve(request)
    if (ready !== undefined) return await ready
    const outgoing = this.#cramped ? this.#reserve.yield() : undefined
    if (outgoing === undefined && this.#full) {
      const refusal = await this.#wait(request)
      if (refusal !== undefined) return refusal
    }
    const { renderer, model, via } = request
    this.#serving++
    try {
      const supervisor = this.#supervise({ renderer, model, via }, request)
      this.#seat(supervisor, request)
      return await supervisor.open(outgoing?.vacated)
    } finally {
      this.#serving--
      this.#reserve.changed()
    }
  }

  /** A session that was started ahead, for a request that takes any: one that is ready, else one that is just being started. */
  #fromReserve (request: OpenRequest): Promise<OpenResult> | undefined {
    const { renderer } = request
    if (!takesAny(request) || !this.#reserve.serves(renderer)) return undefined
    const spare = this.#reserve.claim(renderer, () => { this.emit('claim', 'unfit') })
    this.emit('claim', spare === undefined ? 'none' : 'claimed')
    const supervisor = spare ?? this.#reserve.adopt(renderer)
    if (supervisor !== undefined) this.#seat(supervisor, request)
    return supervisor?.claim(request)
  }

  /** A session is a caller's from now on. */
  #seat ({ session: { id } }: Supervisor, { caller, told }: OpenRequest): void {
    this.#quota.take(id, caller)
    told?.({ phase: 'seated', id })
  }

  /** Waits for a seat; answers why there is none for the request, or `undefined` when it is its turn: then the seat is to be taken at once. */
  async #wait (request: OpenRequest): Promise<OpenResult | undefined> {
    const { caller, signal, told } = request
    const waited = await this.#line.join(caller, signal, place => { told?.({ phase: 'waiting', place, wait: this.expectedWait(place) }) })
    if (waited !== 'called') return this.#unseated(waited)
    this.#line.seated()
    if (this.#draining) return { status: 'draining' }
    // Much may have happened meanwhile.
    const refusal: OpenResult | undefined = signal.aborted ? { status: 'cancelled', reason: 'client_closed' } : this.#isolated(request)
    if (refusal !== undefined) this.#callWaiting()
    return refusal
  }

  #unseated (waited: Exclude<Waited, 'called'>): OpenResult {
    switch (waited) {
      case 'left': return { status: 'cancelled', reason: 'client_closed' }
      case 'closed': return { status: 'draining' }
      case 'late':
      case 'full': return { status: 'full', limit: this.#options.maxSessions, reason: waited === 'late' ? 'queue_timeout' : null, retryAfter: this.#retryAfter() }
    }
  }

  /** Seats that are free now go to those who wait. */
  #callWaiting (): void {
    while (!this.#draining && !this.#full && this.#line.callNext());
  }

  /** Whole seconds until somebody who asks now has probably a seat. */
  #retryAfter (): number {
    const wait = this.expectedWait(this.#line.length + 1)
    return wait === null ? retrySeconds : Math.min(Math.max(1, Math.ceil(wait / 1_000)), longestRetry)
  }

  /** A session from its entry in the table on, before anything is started. */
  #supervise (order: Omit<SessionOrder, 'id'>, request: SessionRequest): Supervisor {
    const session = new Session({ id: this.#options.newId(), ...order }, this.#clock.now())
    const supervisor = new Supervisor(session, request, this.#surroundings)
    this.#table.add(session)
    this.#supervisors.set(session.id, supervisor)
    return supervisor
  }

  /** The answer to a request for a model that is kept from everybody now. */
  #isolated ({ model, viewerModel }: OpenRequest): OpenResult | undefined {
    const barred = this.#barred(model ?? viewerModel)
    return barred === undefined ? undefined : { status: 'isolated', ...barred }
  }

  #barred (model: string | null | undefined): Barred | undefined {
    return model == null ? undefined : this.#options.barred?.(model)
  }

  /** What the request did not say is known now: the model may be one that nobody gets. */
  #named (session: Session): void {
    const barred = this.#barred(session.order.model)
    this.emit('named', session.view())
    if (barred !== undefined) void this.stop(session.id, 'model_isolated')
  }

  #moved (session: Session, from: State | null, by: Actor): void {
    if (session.over) {
      const surplus = this.#table.ended(session)
      this.#quota.release(session.id)
      if (session.order.via !== null && session.entered.ready !== undefined) this.#stays.ended(this.#clock.now() - session.requestedAt)
      if (surplus !== undefined) this.#forget(surplus.id)
      // A lost process may still be seen to end one day: its supervisor stays.
      if (session.state !== 'lost') this.#supervisors.delete(session.id)
      this.#forgetting.set(session.id, this.#clock.after(this.#options.keepEnded, () => { this.#forget(session.id) }))
      this.#reserve.changed()
    }
    this.emit('session', session.view(), from, by)
    if (session.over) this.#callWaiting()
  }

  #forget (id: string): void {
    this.#forgetting.get(id)?.()
    this.#forgetting.delete(id)
    this.#table.forget(id)
    this.emit('dropped', id)
  }
}
