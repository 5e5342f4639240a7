import type { SessionView } from '../sessions/session.ts'
import type { State } from '../sessions/transitions.ts'

/** The official server's words for a session's state, in the order of its status page. */
export const officialStates = ['launching', 'ready', 'suspect', 'disconnected', 'nice-killed', 'killed', 'zombie', 'dead'] as const
export type OfficialState = typeof officialStates[number]

/** The one table between our states and theirs. */
const names: Record<State, OfficialState> = {
  queued: 'launching',
  starting: 'launching',
  spare: 'ready',
  adopted: 'ready',
  ready: 'ready',
  connected: 'ready',
  draining: 'nice-killed',
  stopped: 'dead',
  failed: 'dead',
  lost: 'zombie'
}

/**
 * A session's state in the official server's words. One that got SIGKILL is `killed`, one whose viewer left and whose process is leaving
 * is `disconnected`; one that has been silent too long, and that nobody is ending yet, is `suspect`. Its creation counts as a report.
 */
export function officialState ({ state, reason, lastReportAt, createdAt, killed }: SessionView, { now, suspectAfter }: Suspicion): OfficialState {
  const name = state === 'draining' && killed ? 'killed' : state === 'draining' && reason === 'client_closed' ? 'disconnected' : names[state]
  const mayBeSuspect = name === 'launching' || name === 'ready' || name === 'disconnected'
  return mayBeSuspect && now - (lastReportAt ?? createdAt) > suspectAfter ? 'suspect' : name
}

/** Both in milliseconds. */
export interface Suspicion {
  now: number
  /** Silence after which a stream server is suspect. */
  suspectAfter: number
}

/** Milliseconds of silence that make a stream server suspect, for a report interval in seconds: the official server's 2 i + 2. */
export const suspectAfter = (pingInterval: number): number => (2 * pingInterval + 2) * 1_000

/** Whether the official pages show a session: until its process is gone, also when it was given up for lost. */
export function isShown ({ endedAt, state, exit }: SessionView): boolean {
  return endedAt === null || (state === 'lost' && exit === null)
}
