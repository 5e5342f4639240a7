import { modeWords } from './modes.ts'
import { isOver } from './session-board.ts'
import type { SessionRecord } from './session-board.ts'

const states = new Map([
  ['queued', 'Waiting for a seat'],
  ['starting', 'Starting'],
  ['spare', 'Ready ahead'],
  ['adopted', 'Taken over after a restart'],
  ['ready', 'Ready, no viewer yet'],
  ['connected', 'In use'],
  ['draining', 'Stopping'],
  ['stopped', 'Ended'],
  ['failed', 'Failed'],
  ['lost', 'Lost']
])

const reasons = new Map([
  ['client_closed', 'closed by its viewer'],
  ['first_connect_timeout', 'no viewer came'],
  ['ping_timeout', 'fell silent'],
  ['idle_timeout', 'unused for too long'],
  ['max_lifetime', 'reached its longest life'],
  ['start_timeout', 'did not start in time'],
  ['exited', 'its process ended'],
  ['crashed', 'its process crashed'],
  ['killed_by_signal', 'its process was killed'],
  ['port_conflict', 'its port was taken'],
  ['recycled', 'replaced before it was needed'],
  ['unfit', 'found unfit before it was used'],
  ['model_isolated', 'its model keeps crashing'],
  ['admin', 'stopped here'],
  ['drain', 'the service shuts down'],
  ['not_kept', 'lost when the service restarted']
])

/** What a session is doing, or how it ended, in words. */
export function sessionWords (session: SessionRecord): string {
  const state = states.get(session.state) ?? session.state
  if (!isOver(session) || session.reason === null) return state
  return `${state}: ${reasons.get(session.reason) ?? session.reason.replaceAll('_', ' ')}`
}

/** What people call a renderer. */
export const rendererWords = (renderer: string): string => modeWords(renderer === 'ssr' ? 'ssr' : 'csr')
