import type { Reason } from './reasons.ts'

export type State = 'queued' | 'starting' | 'spare' | 'adopted' | 'ready' | 'connected' | 'draining' | 'stopped' | 'failed' | 'lost'

/** Names of the time limits, each a setting of the same name; 0 means no limit. */
export type Limit = 'queueTimeout' | 'startTimeout' | 'aheadLifetime' | 'firstConnectTimeout' | 'pingTimeout' | 'idleTimeout' | 'maxLifetime' | 'killStep'

/** The time limits in milliseconds; 0 means none. */
export type Limits = Record<Limit, number>

/**
 * What a limit is counted from. `awaited`: the entry of the state, or the request where that came later, as for a session that was being started ahead;
 * `unvisited` and `left`: the entry, where no viewer was there before, or where one was.
 */
export type Since = 'entered' | 'awaited' | 'requested' | 'report' | 'input' | 'unvisited' | 'left'

/** Milliseconds after which a stream server that holds its seat for a lost viewer has given that up: the embedded one waits for 30 s, then leaves by itself. */
export const returnTime = 35_000

export interface Deadline {
  limit: Limit
  since: Since
  /** Milliseconds that are allowed in any case. */
  least?: number
  /** The reason the session ends with when the deadline passes; `escalate` climbs the kill ladder instead. */
  passes: Reason | 'escalate'
}

export interface StateRow {
  means: string
  next: readonly State[]
  deadlines: readonly Deadline[]
}

/**
 * The life of a session, whole: the only place that says what may follow what and how long it may take. The code moves by it,
 * the watchdog watches by it, the documentation is drawn from it and the tests walk it.
 */
export const transitions = {
  queued: {
    means: 'Admitted, waiting for a port.',
    next: ['starting', 'stopped', 'failed'],
    deadlines: [{ limit: 'queueTimeout', since: 'entered', passes: 'queue_timeout' }]
  },
  starting: {
    means: 'The stream server was launched and has not said it is ready.',
    next: ['spare', 'ready', 'draining', 'stopped', 'failed'],
    deadlines: [{ limit: 'startTimeout', since: 'awaited', passes: 'start_timeout' }]
  },
  spare: {
    means: 'Started ahead and ready, kept for the next request.',
    next: ['ready', 'draining', 'stopped', 'failed'],
    deadlines: [
      { limit: 'aheadLifetime', since: 'entered', passes: 'recycled' },
      { limit: 'pingTimeout', since: 'report', passes: 'ping_timeout' }
    ]
  },
  adopted: {
    means: 'Taken over from the service that ran before; neither its stream server nor its viewer has been heard of since.',
    next: ['ready', 'connected', 'draining', 'stopped', 'failed'],
    deadlines: [{ limit: 'pingTimeout', since: 'report', passes: 'ping_timeout' }]
  },
  ready: {
    means: 'The stream server is ready and has no viewer.',
    next: ['connected', 'draining', 'stopped', 'failed'],
    deadlines: [
      { limit: 'firstConnectTimeout', since: 'unvisited', passes: 'first_connect_timeout' },
      { limit: 'firstConnectTimeout', since: 'left', least: returnTime, passes: 'client_closed' },
      { limit: 'pingTimeout', since: 'report', passes: 'ping_timeout' }
    ]
  },
  connected: {
    means: 'A viewer is on it.',
    next: ['ready', 'draining', 'stopped', 'failed'],
    deadlines: [
      { limit: 'pingTimeout', since: 'report', passes: 'ping_timeout' },
      { limit: 'idleTimeout', since: 'input', passes: 'idle_timeout' },
      { limit: 'maxLifetime', since: 'requested', passes: 'max_lifetime' }
    ]
  },
  draining: {
    means: 'Asked to stop; the kill ladder runs.',
    next: ['stopped', 'failed', 'lost'],
    deadlines: [{ limit: 'killStep', since: 'entered', passes: 'escalate' }]
  },
  stopped: { means: 'Ended in good order.', next: [], deadlines: [] },
  failed: { means: 'Ended by a fault.', next: [], deadlines: [] },
  lost: { means: 'Outlived SIGKILL. It keeps its port until it is seen to end.', next: [], deadlines: [] }
} as const satisfies Record<State, StateRow>

export const states = Object.keys(transitions) as State[]

/** Where a session begins: asked for or started ahead, or taken over. */
export const beginnings = ['queued', 'adopted'] as const satisfies State[]

/** Nothing follows these. */
export const isTerminal = (state: State): boolean => transitions[state].next.length === 0

export const mayFollow = (from: State, to: State): boolean => (transitions[from].next as readonly State[]).includes(to)
