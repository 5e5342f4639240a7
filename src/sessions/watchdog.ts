import type { Clock } from '../clock.ts'
import type { Reason } from './reasons.ts'
import type { Session } from './session.ts'
import { transitions, type Deadline, type Limits } from './transitions.ts'

/** A limit that is about to end a session whose viewer is there. */
export interface Ending { reason: 'idle_timeout' | 'max_lifetime', milliseconds: number }

/** Milliseconds a timer may be late before the process must have stood still. */
const stall = 1_000

/** Milliseconds to hear what was said while it did. */
const grace = 1_000

/**
 * Watches the deadlines of the table of transitions, and tells each that passes once; whoever is told ends the session or moves
 * it on. One timer per session, set again only when its state changes or when it
 * fires too early because the session showed life meanwhile. So a report costs no timer.
 */
export class Watchdog {
  readonly #limits: Limits
  readonly #clock: Clock
  readonly #passed: (session: Session, reason: Reason) => void
  readonly #cancel = new Map<Session, () => void>()

  constructor (limits: Limits, clock: Clock, passed: (session: Session, reason: Reason) => void) {
    this.#limits = limits
    this.#clock = clock
    this.#passed = passed
  }

  /** Sets the session's timer by the state it is in now; a terminal one is let go. */
  watch (session: Session): void {
    this.release(session)
    const next = this.#next(session)
    if (next !== undefined) this.#set(session, next.due)
  }

  /** The limit that ends the viewer's stay next, where that is near: within so many milliseconds, and at most half of the limit; or the one that is ending it. */
  ending (session: Session, within: number): Ending | null {
    const { reason } = session
    // Told until the very end: else its viewer would hear at last that it may stay.
    if (within > 0 && (reason === 'idle_timeout' || reason === 'max_lifetime')) return { reason, milliseconds: 0 }
    const deadlines: readonly Deadline[] = transitions[session.state].deadlines
    let ending: Ending | null = null
    for (const { limit, since, passes } of deadlines) {
      const allowed = session.limit(limit, this.#limits)
      if (allowed === 0 || (passes !== 'idle_timeout' && passes !== 'max_lifetime')) continue
      const milliseconds = Math.max(0, countedFrom(session, since) + allowed - this.#clock.now())
      if (milliseconds <= Math.min(within, allowed / 2) && milliseconds < (ending?.milliseconds ?? Infinity)) ending = { reason: passes, milliseconds }
    }
    return ending
  }

  /** Lets a session go, whatever its state. */
  release (session: Session): void {
    this.#cancel.get(session)?.()
    this.#cancel.delete(session)
  }

  #set (session: Session, due: number): void {
    this.#cancel.set(session, this.#clock.after(Math.max(0, due - this.#clock.now()), () => {
      const now = this.#clock.now()
      const next = this.#next(session)
      if (next === undefined || next.due > now) this.watch(session)
      // Woken long after the time set, the whole process stood still: what the sessions said meanwhile waits to be read.
      else if (now - due > stall) this.#set(session, now + grace)
      else this.#passed(session, next.reason)
    }))
  }

  /** The deadline that passes first, with the time it does. */
  #next (session: Session): { due: number, reason: Reason } | undefined {
    const deadlines: readonly Deadline[] = transitions[session.state].deadlines
    let next: { due: number, reason: Reason } | undefined
    for (const { limit, since, least = 0, passes } of deadlines) {
      const allowed = session.limit(limit, this.#limits)
      if (passes === 'escalate' || allowed === 0) continue
      const due = countedFrom(session, since) + Math.max(allowed, least)
      if (due < (next?.due ?? Infinity)) next = { due, reason: passes }
    }
    return next
  }
}

function countedFrom (session: Session, since: Deadline['since']): number {
  const entered = session.entered[session.state] ?? session.createdAt
  if (since === 'awaited') return Math.max(entered, session.requestedAt)
  if (since === 'requested') return session.requestedAt
  if (since === 'report') return session.lastReportAt ?? entered
  // Where nobody reports input there is no idle limit to pass.
  if (since === 'input') return session.lastInputAt ?? Infinity
  if (since === 'unvisited' || since === 'left') return (since === 'left') === (session.entered.connected !== undefined) ? entered : Infinity
  return entered
}
