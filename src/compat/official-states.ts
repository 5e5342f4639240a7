import type { SessionView } from '../sessions/session.ts'
import type { State } from '../sessions/transitions.ts'

/** The official server's words for a session's state, in the order of its status page. */
export const officialStates = ['launching', 'ready', 'suspect', 'disconnected', 'nice-killed', 'killed', 'zombie', 'dead'] as const
export type OfficialState = typeof officialStates[number]

/** The one table between our states and theirs. */
const names: Record<State, OfficialState> = {
  queued: 'launching',
  starting: 'launching',
  ready: 'ready',
  connected: 'ready',
  draining: 'nice-killed',
  stopped: 'dead',
  failed: 'dead',
  lost: 'zombie'
}

/** A session's state in the official server's words. One whose viewer left and whose process is leaving is `disconnected`. */
export function officialState ({ state, reason }: SessionView): OfficialState {
  return state === 'draining' && reason === 'client_closed' ? 'disconnected' : names[state]
}

/** Whether the official pages show a session: until its process is gone, also when it was given up for lost. */
export function isShown ({ endedAt, state, exit }: SessionView): boolean {
  return endedAt === null || (state === 'lost' && exit === null)
}
