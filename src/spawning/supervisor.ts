import type { Holder } from '../ports/port-holder.ts'
import type { Actor } from '../sessions/actors.ts'
import type { Reason } from '../sessions/reasons.ts'
import type { Session, SessionNote } from '../sessions/session.ts'
import type { State } from '../sessions/transitions.ts'
import type { Report } from '../status/report.ts'
import { Answer } from './answer.ts'
import { Attendance } from './attendance.ts'
import { exitReason } from './exit-cause.ts'
import { KillLadder, type Rung } from './kill-ladder.ts'
import type { ChildExit } from './launcher.ts'
import { failureOf, restartSeconds, type OpenRequest, type OpenResult, type SessionRequest } from './outcome.ts'
import { StreamServer } from './stream-server.ts'
import type { Surroundings } from './surroundings.ts'

/** What is known of the process of a session that is taken over: its launcher has it, or has its end to tell, or is gone and it was ended, or it cannot be had. */
export type LeftProcess = 'lives' | 'ended' | 'orphaned' | 'gone'

/** Looks after one session from its request to its end. However it ends, the end goes through one door (`#finish`). */
export class Supervisor {
  readonly session: Session
  readonly #with: Surroundings
  readonly #ladder: KillLadder
  readonly #opened = new Answer<OpenResult | undefined>()
  readonly #ended = new Answer<void>()
  readonly #server: StreamServer
  /** Who is on it. */
  readonly attendance: Attendance
  #saidReady = false
  /** Who listens on the port of a session that was started ahead. */
  #holder: Holder | undefined

  constructor (session: Session, request: SessionRequest, surroundings: Surroundings) {
    this.session = session
    this.#with = surroundings
    this.#server = new StreamServer(session, request, surroundings, {
      starting: () => { this.#move('starting', 'service') },
      portless: reason => { this.end(reason) },
      refused: () => { this.#finish() }
    })
    this.attendance = new Attendance(session, surroundings, {
      moved: (state, by) => { this.#move(state, by) },
      intruder: () => { this.#unfit('somebody connected to it who was not sent') }
    })
    this.#ladder = new KillLadder(surroundings.limits.killStep, surroundings.clock, rung => { this.#reached(rung) })
  }

  /** Resolves when the session is over, or is no more looked after here. */
  get ended (): Promise<void> { return this.#ended.promise }

  /** Resolves when the session is over and has let go of every port. */
  get vacated (): Promise<void> { return this.ended.then(async () => { await this.#server.launched }) }

  /** Whether it was started ahead and is ready. */
  get isSpare (): boolean { return this.session.state === 'spare' }

  /**
   * Starts the stream server; resolves when it is ready, or with what stood in the way. To be called once.
   * @param signal aborted when whoever it is started for hangs up; absent: it is for nobody yet. @param room when there will be a port; absent: now
   */
  async open ({ signal, room }: { signal?: AbortSignal, room?: Promise<void> | undefined } = {}): Promise<OpenResult> {
    this.#moved(null, this.session.order.via === null ? 'service' : 'caller')
    this.#server.start(room)
    return await this.#answer(signal)
  }

  /**
   * Looks after a session that another service was looking after. To be called once, in the place of `open`.
   * @param process what is known of its process
   */
  adopt (process: LeftProcess, { state }: SessionNote): void {
    const there = process === 'lives' || process === 'ended'
    if (there) this.#server.adopt()
    this.#opened.resolve(undefined)
    this.#moved(null, 'service')
    if (!there) this.end(process === 'gone' ? 'not_kept' : 'owner_lost')
    // Whoever asked for it got no answer, or nobody has asked, or it was ending anyway.
    else if (process === 'lives' && state !== 'ready' && state !== 'connected' && state !== 'adopted') this.end(state === 'spare' ? 'recycled' : 'not_kept')
  }

  /** Resolves when nobody waits for it to be ready, and it is not ending. */
  get settled (): Promise<void> { return this.#opened.promise.then(async () => { if (this.session.reason !== null) await this.ended }) }

  /** Another service is going to look after it: nothing moves it here any more, and whoever waits for it or for its end is sent away. */
  letGo (): void {
    this.#ladder.done()
    this.#with.watchdog.release(this.session)
    this.#opened.resolve({ status: 'draining', retryAfter: restartSeconds })
    this.#ended.resolve()
  }

  /** Gives a session that was started ahead to a request; resolves when it is ready, which it may be already, or with what stood in the way. */
  async claim ({ via, signal, limits = {} }: OpenRequest): Promise<OpenResult> {
    const { session } = this
    session.claim(via, limits, this.#with.clock.now())
    if (session.state !== 'spare') {
      // The request may have a limit of its own.
      this.#with.watchdog.watch(session)
      return await this.#answer(signal)
    }
    this.#move('ready', 'caller')
    return { status: 'opened', session: session.view() }
  }

  /** Looks whether a session that was started ahead can be handed out this instant. One that cannot is ended. */
  provenFit (): boolean {
    const { lastReportAt } = this.session
    const silence = this.#with.clock.now() - (lastReportAt ?? 0)
    const why = silence > this.#with.staleAfter ? `it has not reported for ${Math.round(silence / 1_000)} s` : this.#holder?.status === 'known' ? this.#holder.lost() : null
    if (why !== null) this.#unfit(why)
    return why === null
  }

  async #answer (signal?: AbortSignal): Promise<OpenResult> {
    const hangUp = () => { this.end('client_closed', 'SIGTERM', 'caller') }
    signal?.addEventListener('abort', hangUp, { once: true })
    const result = await this.#opened.promise
    signal?.removeEventListener('abort', hangUp)
    return result ?? failureOf(this.session.view(), this.session.limit('startTimeout', this.#with.limits), this.#with.programName)
  }

  /** Takes a report of the stream server; one that comes late or twice changes nothing. */
  report (report: Report): void {
    const { session, attendance } = this
    // Without a process it is a late word of one that lost its port.
    if (session.state === 'draining' || !this.#server.there) return
    session.lastReportAt = this.#with.clock.now()
    if (report.kind === 'disconnect') {
      const unused = attendance.leftUnused
      this.end(unused ? 'first_connect_timeout' : session.order.via === null ? 'exited' : 'client_closed', 'leave', unused ? 'stream_server' : undefined)
      return
    }
    if (session.state === 'starting') this.#ready()
    if (report.model !== undefined && session.named(report.model)) this.#with.named(session)
    attendance.report(report)
  }

  /** A deadline has passed. */
  deadline (reason: Reason): void {
    // Both mean that nobody is there: the system may know better.
    if (reason === 'first_connect_timeout' || reason === 'client_closed') void this.attendance.deserted().then(deserted => { if (deserted) this.end(reason, 'SIGTERM', 'limit') })
    else this.end(reason, 'SIGTERM', 'limit')
  }

  /** Ends the session, beginning on a rung of the kill ladder. The first reason stays; a higher rung may still be asked for. */
  end (reason: Reason, rung: Exclude<Rung, 'lost'> = 'SIGTERM', by?: Actor): void {
    const { session } = this
    if (session.over) return
    session.because(reason, by)
    this.#server.giveUp()
    if (!this.#server.there) {
      this.#finish()
      return
    }
    this.#drain()
    this.#ladder.climb(rung)
  }

  /** The launcher died: what it leaves behind is ended by the service, and told by `exited`. */
  ownerLost (): void {
    if (this.#server.there) this.end('owner_lost', 'SIGKILL')
  }

  /** The process has ended. */
  exited (exit: ChildExit): void {
    const { session } = this
    if (this.#server.exited(exit)) {
      this.#saidReady = false
      return
    }
    const reason = exitReason(exit)
    if (reason === 'exited' && session.state !== 'starting' && this.attendance.leftUnused) session.because('first_connect_timeout', 'stream_server')
    else session.because(reason)
    this.#finish()
  }

  #ready (): void {
    const { session } = this
    if (this.#saidReady) return
    this.#saidReady = true
    this.#with.phase('ready', this.#with.clock.now() - (session.entered.starting ?? session.createdAt))
    if (session.order.via === null) void this.#recognise()
    else this.#opens('ready')
  }

  #opens (state: 'spare' | 'ready'): void {
    this.#move(state, 'stream_server')
    this.#opened.resolve({ status: 'opened', session: this.session.view() })
  }

  /** Before a session is kept: finds out by what its stream server can be told from any other when somebody asks for it. */
  async #recognise (): Promise<void> {
    const { session } = this
    const { attempt } = this.#server
    // It may say it is ready before the launcher has told its pid.
    await this.#server.launched
    const { pid, lease } = session
    const holder: Holder = pid === null || lease === undefined ? { status: 'unknown' } : await this.#with.holder(pid, lease.port)
    // Meanwhile it may have lost its port, and another be on its way.
    if (session.state !== 'starting' || !this.#server.there || this.#server.attempt !== attempt) return
    this.#holder = holder
    // Somebody has asked meanwhile: it is theirs as it is.
    if (session.order.via !== null) this.#opens('ready')
    else if (holder.status === 'stranger') this.#unfit(holder.why)
    else this.#opens('spare')
  }

  #unfit (why: string): void {
    if (this.session.reason !== null) return
    this.#with.unfit(this.session, why)
    this.end('unfit')
  }

  #drain (): void {
    if (this.session.state !== 'draining') this.#move('draining', this.session.endedBy)
    this.#opened.resolve(undefined)
  }

  #reached (rung: Rung): void {
    if (rung === 'SIGKILL') this.session.killed = true
    if (rung === 'SIGTERM' || rung === 'SIGKILL') this.#with.launcher.signal(this.session.id, rung)
    if (rung === 'lost') {
      this.#move('lost', 'limit')
      this.#release()
    }
  }

  /** The one door out: port and GPU go back, and everybody who waits is answered. */
  #finish (): void {
    if (this.session.state === 'lost') this.session.giveBack()
    if (this.session.over) return
    const from = this.session.state
    this.session.finish(this.#with.clock.now())
    // Before its port is free for others its seat may be kept for somebody.
    this.#moved(from, from === 'draining' ? 'stream_server' : this.session.endedBy)
    this.session.giveBack()
    this.#release()
  }

  #release (): void {
    this.#ladder.done()
    this.#with.watchdog.release(this.session)
    this.#opened.resolve(undefined)
    this.#ended.resolve()
  }

  #move (state: State, by: Actor): void {
    const from = this.session.state
    this.session.moveTo(state, this.#with.clock.now())
    this.#moved(from, by)
  }

  #moved (from: State | null, by: Actor): void {
    this.#with.watchdog.watch(this.session)
    this.#with.moved(this.session, from, by)
  }
}
