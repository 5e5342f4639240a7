import type { Renderer, SessionView } from '../sessions/session.ts'
import type { Reason } from '../sessions/reasons.ts'
import { loadReasons, type LoadReason } from '../load/load-gate.ts'
import type { AskedLimits } from '../sessions/asked-limits.ts'
import { exitMessage } from './exit-cause.ts'

/** What a viewing request asks for. Paths are checked already: the spawner passes them on. */
export interface OpenRequest {
  renderer: Renderer
  via: 'rest' | 'proxy'
  model: string | null
  modelSearchDirectories: readonly string[]
  sessionToken: string | null
  /** Whom it counts for, an address: callers wait in turn and may have a quota. */
  caller: string
  /** The model that its viewer is going to name, as far as the request says: it is only weighed whether that one is isolated. */
  viewerModel?: string | null
  /** Limits of its own, within what is allowed. */
  limits?: AskedLimits
  /** It wants a token by which it finds its place again, and may have one of a place it had; absent: it wants none. */
  reentry?: { shown: string | null }
  /** Aborted when the caller hangs up: the start is then cancelled. */
  signal: AbortSignal
  /** Told how the request fares until it is answered. */
  told?: (progress: Progress) => void
}

/** How a request fares before it is answered. */
export type Progress =
  /** Every seat is taken: its place in line, from 1, and the milliseconds it will probably wait; null: nobody knows yet. */
  | { phase: 'waiting', place: number, wait: number | null, reentry?: string }
  /** It has a session from now on, whose states tell the rest. */
  | { phase: 'seated', id: string }

/** What the looking after of a session needs of its request. */
export type SessionRequest = Pick<OpenRequest, 'modelSearchDirectories' | 'sessionToken'>

/** What a session is started with that nobody has asked for. */
export const nobodysRequest: SessionRequest = { modelSearchDirectories: [], sessionToken: null }

/** Whether a session that was started ahead would do: it was started without arguments of the request's own, how long it waits for its viewer among them. */
export function takesAny ({ model, modelSearchDirectories, sessionToken, limits }: OpenRequest): boolean {
  return model === null && modelSearchDirectories.length === 0 && sessionToken === null && limits?.firstConnectTimeout === undefined
}

/** When a caller who was refused for want of room may try again, in seconds. */
export const retrySeconds = 5

/** When whoever met the service as it ends may try again, in seconds: another one is there by then. */
export const restartSeconds = 30

/** Why a model is kept from everybody: it crashed too often, or it did and somebody is trying it now. */
export interface Barred {
  /** Whole seconds. */
  retryAfter: number
  tried: boolean
}

/** What became of a viewing request: each is an expected outcome, handled exhaustively at the edge. */
export type OpenResult =
  /** `reentry`: the token by which the caller finds its place again, where it wants one. */
  | { status: 'opened', session: SessionView, reentry?: string }
  /** Every seat is taken; with a reason: the request has waited in line, too long, or there are seats, and as many starts under way as may be. `retryAfter` in whole seconds; `place` in line, the last it had or the one it would have had, from 1; null: there is no line. */
  | { status: 'full', limit: number, reason: 'queue_timeout' | 'too_many_starts' | null, retryAfter: number, place: number | null }
  /** There may be seats, but the machine is too busy to start more. */
  | { status: 'overloaded', reason: LoadReason, retryAfter: number }
  /** The caller has as many sessions as one may have. */
  | { status: 'quota', limit: number, retryAfter: number }
  /** There are seats but no usable port. */
  | { status: 'noPort', reason: Reason, retryAfter: number }
  | { status: 'draining', retryAfter: number }
  | { status: 'rendererDisabled' }
  /** The model keeps crashing its stream server. */
  | ({ status: 'isolated' } & Barred)
  /** The stream server could not be started or ended before it was ready. */
  | { status: 'startFailed', reason: Reason, message: string, session: SessionView }
  /** The caller hung up, or the session was stopped, before it was ready. */
  | { status: 'cancelled', reason: Reason }

/** Outcome label of a request in logs and metrics. */
export type Outcome = OpenResult['status']

/** Why an outcome is what it is: mostly the reason a session ended by. */
export type OutcomeReason = Reason | 'too_many_starts' | LoadReason

/** The reasons each outcome can have; `none` where the outcome says it all. */
export const outcomeReasons = {
  opened: ['none'],
  full: ['none', 'queue_timeout', 'too_many_starts'],
  overloaded: loadReasons,
  quota: ['none'],
  draining: ['none'],
  rendererDisabled: ['none'],
  isolated: ['none'],
  noPort: ['queue_timeout', 'port_conflict'],
  cancelled: ['client_closed', 'admin', 'drain'],
  startFailed: ['start_timeout', 'exited', 'crashed', 'killed_by_signal', 'licence', 'refused', 'owner_lost']
} as const satisfies Record<Outcome, ReadonlyArray<OutcomeReason | 'none'>>

/**
 * What a request is answered whose session ended, or began to end, before it was ready.
 * @param startTimeout milliseconds. @param program name of the stream server, for people
 */
export function failureOf (session: SessionView, startTimeout: number, program: string): OpenResult {
  const reason = session.reason ?? 'exited'
  switch (reason) {
    case 'client_closed':
    case 'admin':
    case 'drain':
      return { status: 'cancelled', reason }
    case 'model_isolated':
      return { status: 'isolated', retryAfter: retrySeconds, tried: false }
    case 'queue_timeout':
    case 'port_conflict':
      return { status: 'noPort', reason, retryAfter: retrySeconds }
    case 'refused':
    case 'owner_lost':
      return { status: 'startFailed', reason, message: session.exit?.outputTail || 'the process that starts stream servers died', session }
    case 'start_timeout':
      return { status: 'startFailed', reason, message: `the stream server was not ready within ${startTimeout / 1_000} s`, session }
    default:
      return { status: 'startFailed', reason, message: exitMessage(program, session), session }
  }
}
