import type { Actor } from '../sessions/actors.ts'
import type { Reason } from '../sessions/reasons.ts'
import type { Renderer, SessionView } from '../sessions/session.ts'
import type { State } from '../sessions/transitions.ts'
import type { Report } from '../status/report.ts'
import type { ChildExit, ChildOutput, StartOrder } from './launcher.ts'
import type { Outcome, OutcomeReason } from './outcome.ts'
import type { Phase } from './surroundings.ts'

/** What happened, told to whoever listens: metrics, logs, live views. */
export type SpawnerEvents = {
  /** A session came (`from` is null) or moved on, and who made it. */
  session: [SessionView, State | null, Actor]
  /** The record of an ended session was forgotten. */
  dropped: [string]
  /** The viewer named its model. */
  named: [SessionView]
  /** The session's process runs, and its pid is known. */
  launched: [SessionView]
  /** The launcher is told to start this. */
  ordered: [StartOrder]
  answered: [{ outcome: Outcome, reason: OutcomeReason | null }]
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
  /** Nothing is given out any more; or it is again. */
  draining: [boolean]
  /** What a stream server said, where its order asked to be told. */
  output: [ChildOutput]
}
