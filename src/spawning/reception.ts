import type { Clock } from '../clock.ts'
import type { Renderer, Session, SessionOrder } from '../sessions/session.ts'
import type { SessionTable } from '../sessions/session-table.ts'
import type { Capacity, Obstacle } from './capacity.ts'
import { retrySeconds, takesAny, type Barred, type OpenRequest, type OpenResult, type SessionRequest } from './outcome.ts'
import { Quota } from './quota.ts'
import type { ReEntries } from './re-entries.ts'
import type { Reserve } from './reserve.ts'
import { SeatForecast } from './seat-forecast.ts'
import type { Supervisor } from './supervisor.ts'
import { WaitingLine, type Unseated } from './waiting-line.ts'

export interface ReceptionOptions {
  renderers: readonly Renderer[]
  maxSessions: number
  /** Most sessions of one caller at a time; 0: without limit. */
  maxPerCaller: number
  /** Most requests that wait for a seat, and for how many milliseconds. */
  line: { room: number, patience: number }
  /** Milliseconds for which a place in the line, and the seat of a session that has ended, is kept for whoever may come back to it; 0: none is. */
  hold: { line: number, seat: number }
  reEntries: ReEntries
  /** Makes a token that nobody can guess. */
  newToken: () => string
  /** Ends a session that lives, since whoever has it is back; resolves when it has ended. */
  end: (id: string) => Promise<unknown>
  /** Why a model is kept from everybody now; absent: none ever is. */
  barred?: (model: string) => Barred | undefined
  clock: Clock
  table: SessionTable
  capacity: Capacity
  reserve: Reserve
  /** A session from its entry in the table on, before anything is started. */
  supervise: (order: Omit<SessionOrder, 'id'>, request: SessionRequest) => Supervisor
  /** When what is left is stopped, where nothing is given out any more, in milliseconds since the epoch; null: nobody knows. */
  deadline: () => number | null
  /** Sessions started ahead: one was handed out, was found unfit when one was asked for, or there was none. */
  claim: (how: 'claimed' | 'unfit' | 'none') => void
}

/** A request with the token by which it may come back. */
type Arrival = OpenRequest & { token?: string }

/** Where requests to view come in: which is given a stream server, at once or when its turn in the line comes, and which is answered why not. */
export class Reception {
  readonly #options: ReceptionOptions
  readonly #line: WaitingLine
  readonly #quota: Quota
  readonly #forecast: SeatForecast
  #closed = false

  constructor (options: ReceptionOptions) {
    this.#options = options
    this.#line = new WaitingLine({ ...options.line, hold: options.hold.line, clock: options.clock })
    this.#forecast = new SeatForecast(options.table, options.clock, () => options.reEntries.ends)
    this.#quota = new Quota(options.maxPerCaller)
  }

  /** Nothing is given out. */
  get closed (): boolean { return this.#closed }
  /** Requests that wait for a seat. */
  get waiting (): number { return this.#line.length }
  /** What stands in the way of one more start now. */
  get obstacle (): Obstacle | undefined { return this.#options.capacity.obstacle(() => this.#options.reserve.canYield) }
  /** Whether somebody waits although nothing stands in the way: a fault. */
  get stuck (): boolean { return !this.#closed && this.waiting > 0 && this.obstacle === undefined }

  /** Whose session it is; null: nobody's. */
  callerOf (id: string): string | null { return this.#quota.callerOf(id) }

  /** Milliseconds until whoever is at this place of the line, from 1, has probably a seat, judged by how long sessions last; null: none has ended yet, or it is no seat that is waited for. */
  expectedWait (place: number): number | null { return this.#options.capacity.full ? this.#forecast.until(place) : null }

  /** Why this model is kept from everybody now. */
  barred (model: string | null | undefined): Barred | undefined {
    return model == null ? undefined : this.#options.barred?.(model)
  }

  /** From now on nothing is given out, and whoever waits is told so. Calling twice is nothing. */
  close (): void {
    this.#closed = true
    this.#line.close()
  }

  reopen (): void {
    this.#closed = false
    this.#line.open()
  }

  async receive (request: OpenRequest): Promise<OpenResult> {
    const { reEntries, end } = this.#options
    const before = this.#sessionOf(request)
    if (before === undefined) return this.#refused(request) ?? await this.#serve(request, false)
    const refused = this.#refusedUnseen(request)
    if (refused !== undefined) return refused
    // One that lives is not doubled: it ends, and its seat is kept like that of one that has ended.
    reEntries.expect(before)
    await end(before)
    const isBack = this.#sessionOf(request) === before
    const refusedNow = this.#refused(request)
    if (refusedNow !== undefined) return refusedNow
    if (isBack) reEntries.arrive(before)
    const served = this.#serve(request, isBack)
    // It may have found a session started ahead.
    this.callWaiting()
    return await served
  }

  /** What can be started now is started for those who wait. */
  callWaiting (): void {
    while (!this.#closed && this.obstacle === undefined && this.#line.callNext());
  }

  /** A session is a caller's from now on. */
  seat (id: string, caller: string): void { this.#quota.take(id, caller) }

  /** A session is being ended: whoever had it may ask for another while its process goes. */
  ending (id: string): void { this.#quota.release(id) }

  /** A session has ended: its caller may have another, and how long it lasted tells what to expect of others. */
  parted (session: Session): void {
    const { id, order, entered, requestedAt } = session
    this.#quota.release(id)
    this.#options.reEntries.parted(session)
    if (order.via !== null && entered.ready !== undefined) this.#forecast.ended(requestedAt)
  }

  /** Why a request is turned away, whatever there is room for. */
  #refused (request: OpenRequest): OpenResult | undefined {
    const { caller } = request
    const refused = this.#refusedUnseen(request)
    // A place that it comes back to is its own already.
    const elsewhere = this.#line.waitingOf(caller, request.reentry?.shown ?? null) + this.#options.reEntries.heldFor(caller) - (this.#sessionOf(request) === undefined ? 0 : 1)
    if (refused !== undefined || this.#quota.allows(caller, elsewhere)) return refused
    return { status: 'quota', limit: this.#quota.limit, retryAfter: this.#quotaRetryAfter(caller) }
  }

  /** The same, whoever asks. */
  #refusedUnseen (request: OpenRequest): OpenResult | undefined {
    if (this.#closed) return this.#draining
    if (!this.#options.renderers.includes(request.renderer)) return { status: 'rendererDisabled' }
    if (request.signal.aborted) return { status: 'cancelled', reason: 'client_closed' }
    return this.#isolated(request)
  }

  /** The session whose place a request comes back to. */
  #sessionOf ({ reentry }: OpenRequest): string | undefined {
    return reentry?.shown == null ? undefined : this.#options.reEntries.find(reentry.shown)
  }

  /** @param isBack a seat was kept for it until this very moment */
  async #serve (asked: OpenRequest, isBack: boolean): Promise<OpenResult> {
    const { obstacle } = this
    const request: Arrival = asked.reentry === undefined ? asked : { ...asked, token: this.#options.newToken() }
    const ready = this.#fromReserve(request)
    const inTheWay = ready === undefined ? obstacle : undefined
    // Whoever gets a seat at once needs no place in the line any more.
    if (inTheWay === undefined && asked.reentry?.shown != null) this.#line.reclaim(asked.reentry.shown)
    const result = await (ready ?? (inTheWay === undefined ? this.#begin(request) : this.#wait(request, inTheWay, isBack)))
    return result.status === 'opened' && request.token !== undefined && this.#options.hold.seat > 0 ? { ...result, reentry: request.token } : result
  }

  /** Takes a seat, in this very moment, and starts a stream server on it. Nothing may stand in the way. */
  #begin (request: Arrival): Promise<OpenResult> {
    const { renderer, model, via, limits } = request
    const { capacity: { cramped }, reserve, supervise } = this.#options
    const supervisor = supervise({ renderer, model, via, ...limits === undefined ? {} : { limits } }, request)
    this.#seated(supervisor, request)
    const outgoing = cramped ? reserve.yield() : undefined
    return supervisor.open({ signal: request.signal, room: outgoing?.vacated })
  }

  /** A session that was started ahead, for a request that takes any: one that is ready, else one that is just being started. */
  #fromReserve (request: Arrival): Promise<OpenResult> | undefined {
    const { renderer } = request
    const { reserve, claim } = this.#options
    if (!takesAny(request) || !reserve.serves(renderer)) return undefined
    const spare = reserve.claim(renderer, () => { claim('unfit') })
    claim(spare === undefined ? 'none' : 'claimed')
    const supervisor = spare ?? reserve.adopt(renderer)
    if (supervisor !== undefined) this.#seated(supervisor, request)
    return supervisor?.claim(request)
  }

  #seated ({ session: { id } }: Supervisor, { caller, token, told }: Arrival): void {
    this.seat(id, caller)
    if (token !== undefined) this.#options.reEntries.issue(id, { token, caller })
    told?.({ phase: 'seated', id })
  }

  /** Waits until a stream server can be started for the request, or answers why none is. */
  async #wait (request: Arrival, obstacle: Obstacle, isBack: boolean): Promise<OpenResult> {
    const { caller, signal, token, reentry, told } = request
    let place = this.waiting + 1
    const tell = (now: number) => {
      place = now
      told?.({ phase: 'waiting', place, wait: this.expectedWait(place), ...token !== undefined && this.#options.hold.line > 0 && { reentry: token } })
    }
    let called = false
    // Much may have happened when its turn comes.
    const turn = () => {
      called = true
      return this.#isolated(request) ?? this.#begin(request)
    }
    const answer = await this.#line.join(caller, signal, tell, turn, { ...token !== undefined && { key: token }, shown: reentry?.shown ?? null, first: isBack })
    // Its turn had come, and whoever waited has gone, to load the page again perhaps: it comes before everybody then.
    if (called && signal.aborted && token !== undefined) this.#line.keep(token, caller, -1)
    return typeof answer === 'string' ? this.#unseated(answer, this.obstacle ?? obstacle, this.#options.line.room === 0 ? null : place) : answer
  }

  /** @param obstacle what stands in the way now */
  #unseated (how: Unseated, obstacle: Obstacle, place: number | null): OpenResult {
    if (how === 'left') return { status: 'cancelled', reason: 'client_closed' }
    if (how === 'closed') return this.#draining
    if (obstacle !== 'no_seat' && obstacle !== 'too_many_starts') return { status: 'overloaded', reason: obstacle, retryAfter: retrySeconds }
    // Nobody has called for as long as one waits, or there is no place in the line, or none any more.
    const reason = how === 'late' ? 'queue_timeout' : obstacle === 'no_seat' ? null : obstacle
    return { status: 'full', limit: this.#options.maxSessions, reason, retryAfter: obstacle === 'no_seat' ? this.#retryAfter : retrySeconds, place }
  }

  get #draining (): OpenResult { return { status: 'draining', retryAfter: this.#forecast.retryAfterDrain(this.#options.deadline()) } }

  /** Seconds after which one of the caller's own sessions has probably ended: nobody else's makes room for it. Where it only waits, it is its turn that does. */
  #quotaRetryAfter (caller: string): number {
    return this.#forecast.retryAfterOneOf(this.#quota.sessionsOf(caller)) ?? this.#retryAfter
  }

  /** Seconds after which somebody at the end of the line has probably a seat. */
  get #retryAfter (): number { return this.#forecast.retryAfter(this.waiting + 1) }

  /** The answer to a request for a model that is kept from everybody now. */
  #isolated ({ model, viewerModel }: OpenRequest): OpenResult | undefined {
    const barred = this.barred(model ?? viewerModel)
    return barred === undefined ? undefined : { status: 'isolated', ...barred }
  }
}
