import { EventEmitter } from 'node:events'
import type { Clock } from '../clock.ts'
import type { Actor } from '../sessions/actors.ts'
import type { Reason } from '../sessions/reasons.ts'
import { Session, type Renderer, type SessionNote, type SessionOrder, type SessionView } from '../sessions/session.ts'
import { SessionTable } from '../sessions/session-table.ts'
import type { State } from '../sessions/transitions.ts'
import { Watchdog, type Ending } from '../sessions/watchdog.ts'
import type { Report } from '../status/report.ts'
import type { LoadGate, LoadReason } from '../load/load-gate.ts'
import { Capacity } from './capacity.ts'
import type { Diagnosis } from './diagnosis.ts'
import { nobodysRequest, type OpenRequest, type OpenResult, type SessionRequest } from './outcome.ts'
import { ReEntries } from './re-entries.ts'
import { Reception, type ReceptionOptions } from './reception.ts'
import { Reserve } from './reserve.ts'
import type { SpawnerEvents } from './spawner-events.ts'
import { Supervisor, type LeftProcess } from './supervisor.ts'
import type { Surroundings } from './surroundings.ts'

export interface SpawnerOptions extends
  Omit<Surroundings, 'launched' | 'makeRoom' | 'moved' | 'named' | 'unfit' | 'phase' | 'watchdog'>,
  Pick<ReceptionOptions, 'renderers' | 'maxSessions' | 'maxPerCaller' | 'line' | 'hold' | 'newToken' | 'barred'> {
  newId: () => string
  /** Most stream servers that are started at a time; 0: without limit. */
  maxStarts: number
  /** Whether the machine is too busy to start more; absent: it never is. */
  gate?: LoadGate
  /** Sessions to have started ahead, by renderer. */
  ahead: Readonly<Record<Renderer, number>>
  /** How long the record of an ended session is kept, in milliseconds. */
  keepEnded: number
}

/** A note of a session with whose it is, and the token by which they come back; null: nobody's, or none. */
type SpawnerNote = SessionNote & { caller: string | null, token: string | null }

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
  readonly #capacity: Capacity
  readonly #reserve: Reserve
  readonly #reception: Reception
  readonly #reEntries: ReEntries
  /** The service is ending: no drain is called off any more. */
  #parting = false
  /** When what is left is stopped: by a drain that may be called off, and by the service as it ends. */
  #drainDeadline: number | null = null
  #endDeadline: number | null = null
  #hurried = false
  /** Stream servers can report. */
  #listening = false

  constructor (options: SpawnerOptions) {
    super()
    // Every plugin that shows something listens, and there are more of them than Node takes for a leak.
    this.setMaxListeners(0)
    this.#options = options
    this.#clock = options.clock
    const watchdog = new Watchdog(options.limits, options.clock, (session, reason) => { this.#supervisors.get(session.id)?.deadline(reason) })
    this.#surroundings = {
      ...options,
      watchdog,
      launched: session => { this.emit('launched', session.view()) },
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
    const reEntries = new ReEntries({
      hold: options.hold.seat,
      mostPerCaller: Math.max(1, Math.floor(options.maxSessions / 4)),
      clock: options.clock,
      freed: () => {
        this.#reserve.changed()
        this.#reception.callWaiting()
      }
    })
    this.#reEntries = reEntries
    this.#capacity = new Capacity({ ...options, table: this.#table, held: () => reEntries.held })
    this.#reserve = new Reserve({
      wanted: options.ahead,
      clock: options.clock,
      start: renderer => this.#supervise({ renderer, model: null, via: null }, nobodysRequest),
      mayStart: () => this.#capacity.starting === 0 && this.#capacity.overload === null && !this.#capacity.full && options.ports.counts().free > 1,
      failed: failed => { this.emit('aheadFailed', failed) }
    })
    this.#reception = new Reception({
      ...options,
      table: this.#table,
      capacity: this.#capacity,
      reserve: this.#reserve,
      reEntries,
      end: id => this.stop(id, 'client_closed', 'caller'),
      supervise: (order, request) => this.#supervise(order, request),
      deadline: () => this.deadline,
      claim: how => { this.emit('claim', how) }
    })
    options.launcher.on('exited', exit => {
      this.emit('exit', exit)
      this.#supervisors.get(exit.id)?.exited(exit)
      if (this.#table.get(exit.id)?.over !== false) this.#supervisors.delete(exit.id)
    })
    // Not only at the end of a session: one that is lost keeps its port, and so does one whose port is just being tried.
    options.ports.on('returned', () => { this.#reception.callWaiting() })
    options.gate?.on('opened', () => { this.#reception.callWaiting() })
    options.launcher.on('output', output => { this.emit('output', output) })
    options.launcher.on('lost', () => { for (const supervisor of [...this.#supervisors.values()]) supervisor.ownerLost() })
  }

  get draining (): boolean { return this.#reception.closed }
  /** When what is left is stopped, in milliseconds since the epoch; null: nobody has said, or nothing is. */
  get deadline (): number | null {
    const [sooner, later] = [this.#drainDeadline, this.#endDeadline].filter(each => each !== null)
    return sooner === undefined ? null : Math.min(sooner, later ?? sooner)
  }

  /** Sessions that have not ended. */
  get alive (): number { return this.#table.alive }
  get maxSessions (): number { return this.#options.maxSessions }
  /** Requests that wait for a seat. */
  get waiting (): number { return this.#reception.waiting }
  /** Milliseconds for which a place in the line, and the seat of a session that has ended, is kept for whoever may come back to it. */
  get hold (): SpawnerOptions['hold'] { return this.#options.hold }
  /** Seats that are kept for somebody who may come back. */
  get held (): number { return this.#reEntries.held }
  get renderers (): readonly Renderer[] { return this.#options.renderers }
  /** Why a request to view would not be admitted now; null: it would. Starts under way are over in a moment, and keep nobody out. */
  get unready (): 'draining' | 'full' | LoadReason | null {
    if (this.draining) return 'draining'
    return this.#capacity.overload ?? (this.#capacity.cramped && !this.#reserve.canYield ? 'full' : null)
  }

  /** What another service needs to know of a living session. */
  note (id: string): SpawnerNote | undefined {
    const session = this.#table.get(id)
    if (session === undefined || session.over) return undefined
    // One that is being ended is nobody's any more, and its seat may be kept all the same.
    const ticket = this.#reEntries.ticketOf(id)
    return { ...session.note(), caller: this.#reception.callerOf(id) ?? ticket?.caller ?? null, token: ticket?.token ?? null }
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

  /** As of the reception: milliseconds until whoever is at this place of the line has probably a seat. */
  expectedWait (place: number): number | null { return this.#reception.expectedWait(place) }

  /** Begins to start sessions ahead, where that is wanted: from now on stream servers can report. */
  startAhead (): void {
    this.#listening = true
    if (!this.draining) this.#reserve.open()
  }

  /** Starts a stream server and answers when it is ready, or with what stood in the way. Never rejects for an expected outcome. */
  async open (request: OpenRequest): Promise<OpenResult> {
    const result = await this.#reception.receive(request)
    this.emit('answered', { outcome: result.status, reason: 'reason' in result ? result.reason : null })
    return result
  }

  /**
   * Takes over a session that another service has left a note of; to be called before anything is opened. One that was not ready, or whose
   * process cannot be had, is ended; all others go on.
   *
   * @param process what is known of its process
   */
  adopt (note: SpawnerNote, process: LeftProcess): void {
    const { ports, gpus } = this.#options
    const session = Session.takenOver(note, this.#clock.now())
    const there = process === 'lives' || process === 'ended'
    if (there && note.port !== null) session.lease = ports.claim(note.port)
    if (there && note.gpu !== null) session.gpu = gpus.take(note.gpu)
    if (note.caller !== null) {
      this.#reception.seat(session.id, note.caller)
      if (note.token !== null) this.#reEntries.issue(session.id, { token: note.token, caller: note.caller })
    }
    this.#lookAfter(session, nobodysRequest).adopt(process, note)
  }

  /** Takes a stream server's report. `unknown`: there is no such session. Late and repeated reports are taken and change nothing. */
  report (id: string, report: Report): 'taken' | 'unknown' {
    if (this.#table.get(id) === undefined) return 'unknown'
    this.emit('report', report.kind)
    this.#supervisors.get(id)?.report(report)
    return 'taken'
  }

  /** What is about to end a session whose viewer is there, within so many milliseconds; null: nothing. */
  ending (id: string, within: number): Ending | null {
    const session = this.#table.get(id)
    return session === undefined ? null : this.#surroundings.watchdog.ending(session, within)
  }

  /** A viewer's tunnel to the session was joined. */
  viewerCame (id: string): void {
    this.#supervisors.get(id)?.attendance.count(1)
    this.viewerInput(id)
  }

  /** Whether a session ends when its viewer says nothing: somebody has to see then that it does. */
  watchesInput (id: string): boolean { return this.#supervisors.get(id)?.attendance.watchesInput ?? false }

  /** The viewer said something in its tunnel. */
  viewerInput (id: string): void { this.#supervisors.get(id)?.attendance.input() }

  /** The last tunnel to the session is gone; its stream server says whether it stays. */
  viewerAway (id: string): void { this.#supervisors.get(id)?.attendance.count(0) }

  /** The viewer is gone for good and takes the session with it. */
  viewerLeft (id: string): void { this.#supervisors.get(id)?.end('client_closed', 'leave') }

  /** Stops a session; resolves with its record once it has ended, `undefined` when there is none. Stopping twice is nothing. */
  async stop (id: string, reason: Reason, by?: Actor): Promise<SessionView | undefined> {
    const supervisor = this.#supervisors.get(id)
    supervisor?.end(reason, 'SIGTERM', by)
    await supervisor?.ended
    return this.session(id)
  }

  /**
   * From now on nothing is given out. Running sessions go on; those that wait for a request end at once.
   * @param deadline when whoever drains stops what is left, in milliseconds since the epoch; absent: as said before
   */
  drain (deadline = this.#drainDeadline): void {
    const begins = !this.draining
    this.#drainDeadline = deadline
    this.#reception.close()
    this.#reserve.close('drain')
    if (begins) this.emit('draining', true)
  }

  /** Calls the drain off; `false`: there is none, or the service is ending. */
  resume (): boolean {
    if (!this.draining || this.#parting) return false
    this.#drainDeadline = null
    this.#reception.reopen()
    if (this.#listening) this.#reserve.open()
    this.emit('draining', false)
    return true
  }

  /** Ends every session that lives, since the service drains. */
  stopLiving (): void {
    for (const supervisor of [...this.#supervisors.values()]) supervisor.end('drain', this.#hurried ? 'SIGKILL' : 'SIGTERM')
  }

  /**
   * Drains for good, and resolves when no session is left alive.
   * @param deadline when whoever ends the service stops what is left, in milliseconds since the epoch; absent: as said before
   */
  async emptied (deadline = this.#endDeadline): Promise<void> {
    this.#parting = true
    this.#endDeadline = deadline
    this.drain()
    await Promise.all(Array.from(this.#supervisors.values(), supervisor => supervisor.ended))
  }

  /**
   * Drains for good, waits until starts are answered and ends have ended, and parts from the sessions that go on without ending them: another
   * service takes them over. From then on nothing moves a session here.
   *
   * @param patience resolves when there is no more time to wait
   */
  async leave (patience: Promise<void>): Promise<void> {
    this.#parting = true
    this.drain()
    await Promise.race([patience, Promise.all(Array.from(this.#supervisors.values(), supervisor => supervisor.settled))])
    for (const supervisor of this.#supervisors.values()) supervisor.letGo()
    this.#supervisors.clear()
  }

  /** Drains and ends every session; resolves when all have ended. */
  async stopAll (): Promise<void> {
    const emptied = this.emptied()
    this.stopLiving()
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
    this.#reEntries.close()
    for (const cancel of this.#forgetting.values()) cancel()
    this.#forgetting.clear()
  }

  /** Whether somebody waits although nothing stands in the way: a fault. */
  get stuck (): boolean { return this.#reception.stuck }

  /** Looks once more whether somebody who waits can be served. */
  unstick (): void { this.#reception.callWaiting() }

  /** All that decides whether something is started. */
  diagnosis (): Diagnosis {
    const { maxSessions, maxStarts, ports } = this.#options
    return { draining: this.draining, waiting: this.waiting, alive: this.alive, held: this.held, maxSessions, starting: this.#capacity.starting, maxStarts, obstacle: this.#reception.obstacle ?? null, readyAhead: this.readyAhead, ports: ports.counts(), waitingForPort: ports.waiting, oldestReportAge: this.oldestReportAge() }
  }

  /** A session from its entry in the table on, before anything is started. */
  #supervise (order: Omit<SessionOrder, 'id'>, request: SessionRequest): Supervisor {
    return this.#lookAfter(new Session({ id: this.#options.newId(), ...order }, this.#clock.now()), request)
  }

  #lookAfter (session: Session, request: SessionRequest): Supervisor {
    const supervisor = new Supervisor(session, request, this.#surroundings)
    this.#table.add(session)
    this.#capacity.begin(session.id)
    this.#supervisors.set(session.id, supervisor)
    return supervisor
  }

  /** What the request did not say is known now: the model may be one that nobody gets. */
  #named (session: Session): void {
    const barred = this.#reception.barred(session.order.model)
    this.emit('named', session.view())
    if (barred !== undefined) void this.stop(session.id, 'model_isolated')
  }

  #moved (session: Session, from: State | null, by: Actor): void {
    const started = session.state !== 'queued' && session.state !== 'starting' && this.#capacity.done(session.id)
    if (session.state === 'draining') this.#reception.ending(session.id)
    if (session.over) {
      const surplus = this.#table.ended(session)
      this.#reception.parted(session)
      if (surplus !== undefined) this.#forget(surplus.id)
      // A lost process may still be seen to end one day: its supervisor stays.
      if (session.state !== 'lost') this.#supervisors.delete(session.id)
      this.#forgetting.set(session.id, this.#clock.after(this.#options.keepEnded, () => { this.#forget(session.id) }))
    }
    this.emit('session', session.view(), from, by)
    if (!started && !session.over) return
    this.#reserve.changed()
    this.#reception.callWaiting()
  }

  #forget (id: string): void {
    this.#forgetting.get(id)?.()
    this.#forgetting.delete(id)
    this.#table.forget(id)
    this.emit('dropped', id)
  }
}
