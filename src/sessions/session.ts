import type { PortLease } from '../ports/port-pool.ts'
import type { Actor } from './actors.ts'
import { limitsIn, type AskedLimits } from './asked-limits.ts'
import type { GpuLease } from './gpu-pool.ts'
import { reasons, type Reason } from './reasons.ts'
import { isTerminal, mayFollow, type Limit, type Limits, type State } from './transitions.ts'

export type Renderer = 'csr' | 'ssr'

/** What a session is started with, and for whom. */
export interface SessionOrder {
  /** Unguessable (UUID v4): who knows it may report for the session. */
  id: string
  renderer: Renderer
  /** The model that the request named, or else the viewer, where its stream server tells. */
  model: string | null
  /** How the viewer asked; null: nobody has yet, it was started ahead. */
  via: 'rest' | 'proxy' | null
  /** Limits of its own, as far as the request asked for some. */
  limits?: AskedLimits
}

/** What another service needs to know of a session in order to take it over, its own limits by their names; times in milliseconds since the epoch. Flat, so that it can be sealed. */
export interface SessionNote extends Omit<SessionOrder, 'limits'>, AskedLimits {
  state: State
  reason: Reason | null
  port: number | null
  pid: number | null
  /** GPU it renders on, from 0. */
  gpu: number | null
  createdAt: number
  requestedAt: number
  /** When it was ready last, and when a viewer came last; null: never. */
  readyAt: number | null
  connectedAt: number | null
}

/** How the stream server's process ended. */
export interface ExitRecord { code: number | null, signal: string | null, outputTail: string }

/** A picture of a session at one moment; times are in milliseconds since the epoch. */
export interface SessionView extends SessionOrder {
  state: State
  reason: Reason | null
  port: number | null
  pid: number | null
  createdAt: number
  endedAt: number | null
  lastReportAt: number | null
  /** When a viewer came last; null: none has. */
  connectedAt: number | null
  /** It was asked to end with SIGKILL. */
  killed: boolean
  exit: ExitRecord | null
}

/** One viewing session: the facts about it, moved only along the table of transitions. It owns its leases of a port and a GPU. */
export class Session {
  readonly createdAt: number
  /** When each state was entered last. */
  readonly entered: Partial<Record<State, number>> = {}
  lease: PortLease | undefined
  gpu: GpuLease | undefined
  pid: number | null = null
  exit: ExitRecord | null = null
  lastReportAt: number | null = null
  killed = false
  lastInputAt: number | null = null
  /** Its stream server tells how long the viewer has been idle: what was seen on the way counts no more. */
  tellsInput = false
  #order: SessionOrder
  #requestedAt: number
  #state: State = 'queued'
  #reason: Reason | null = null
  #endedBy: Actor = 'service'

  constructor (order: SessionOrder, now: number) {
    this.#order = order
    this.createdAt = now
    this.#requestedAt = now
    this.entered.queued = now
  }

  /** The session that another service has left such a note of. */
  static takenOver (note: SessionNote, now: number): Session {
    const { id, renderer, model, via, createdAt, requestedAt, readyAt, connectedAt, reason, pid } = note
    const session = new Session({ id, renderer, model, via, limits: limitsIn(note) }, createdAt)
    session.#requestedAt = requestedAt
    session.#state = 'adopted'
    session.entered.adopted = now
    if (readyAt !== null) session.entered.ready = readyAt
    if (connectedAt !== null) session.entered.connected = connectedAt
    if (reason !== null) session.because(reason)
    session.pid = pid
    return session
  }

  get id (): string { return this.#order.id }
  get order (): Readonly<SessionOrder> { return this.#order }
  /** When it was asked for: later than it was made where it was started ahead. */
  get requestedAt (): number { return this.#requestedAt }
  get state (): State { return this.#state }
  get reason (): Reason | null { return this.#reason }
  /** Who the reason comes from, once there is one. */
  get endedBy (): Actor { return this.#endedBy }
  /** Milliseconds of a limit: its own, or else that of all. */
  limit (name: Limit, ofAll: Limits): number { return (this.#order.limits as Partial<Limits> | undefined)?.[name] ?? ofAll[name] }
  get over (): boolean { return isTerminal(this.#state) }

  /** The viewer named a model. Answers whether that is news: what the request named stays. */
  named (model: string): boolean {
    if (this.#order.model !== null) return false
    this.#order = { ...this.#order, model }
    return true
  }

  /** Records why the session ends, and answers why it does. The first cause wins: a later one changes nothing. */
  because (reason: Reason, by: Actor = reasons[reason].by): Reason {
    if (this.#reason === null) this.#endedBy = by
    this.#reason ??= reason
    return this.#reason
  }

  /** Somebody asks for this session, which was started ahead: from now on it is theirs. */
  claim (via: 'rest' | 'proxy', limits: AskedLimits, now: number): void {
    this.#order = { ...this.#order, via, limits }
    this.#requestedAt = now
  }

  /** @throws RangeError when the table of transitions does not know the step: a bug, never an outcome. */
  moveTo (state: State, now: number): void {
    if (!mayFollow(this.#state, state)) throw new RangeError(`a session cannot go from ${this.#state} to ${state}`)
    this.#state = state
    this.entered[state] = now
    // The next viewer's idleness does not begin with the last one's.
    if (state === 'connected') this.lastInputAt = null
  }

  /** Ends the session in the terminal state its reason leads to; what it holds is to be given back when everybody knows. */
  finish (now: number): void {
    const reason = this.because('exited')
    this.moveTo(reasons[reason].end, now)
  }

  /** Gives its port and its GPU back. Twice is nothing. */
  giveBack (): void {
    this.lease?.release()
    this.gpu?.release()
  }

  note (): SessionNote {
    const { limits, ...order } = this.#order
    return {
      ...order,
      ...limits,
      state: this.#state,
      reason: this.#reason,
      port: this.lease?.port ?? null,
      pid: this.pid,
      gpu: this.gpu?.index ?? null,
      createdAt: this.createdAt,
      requestedAt: this.#requestedAt,
      readyAt: this.entered.ready ?? null,
      connectedAt: this.entered.connected ?? null
    }
  }

  view (): SessionView {
    const ended = this.over ? this.entered[this.#state] ?? null : null
    // One by one: spread out, this is by far the dearest thing a session does.
    const { id, renderer, model, via } = this.#order
    return {
      id,
      renderer,
      model,
      via,
      state: this.#state,
      reason: this.#reason,
      port: this.lease?.port ?? null,
      pid: this.pid,
      createdAt: this.createdAt,
      endedAt: ended,
      lastReportAt: this.lastReportAt,
      connectedAt: this.entered.connected ?? null,
      killed: this.killed,
      exit: this.exit
    }
  }
}
