import type { SessionView } from '../sessions/session.ts'
import { exitCodes } from '../spawning/exit-cause.ts'

/** Codes that say something about the service, its licence, its ports or its command line, and nothing about the model. */
const blameless = [2, 4, 5, 6, 7, 8, 9, 10]

/** Signals that people and service managers send. */
const sent = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']

const signalWords: Readonly<Record<string, string>> = {
  SIGSEGV: 'it used memory that is not its own',
  SIGBUS: 'it used memory that is not there',
  SIGABRT: 'it gave up by itself',
  SIGILL: 'it ran an instruction that the processor does not have',
  SIGFPE: 'it calculated what cannot be calculated',
  SIGKILL: 'it was killed from outside, most often since the system ran out of memory',
  SIGTERM: 'somebody else asked it to end'
}

type Ended = Pick<SessionView, 'reason' | 'exit'>

/** Whether the session ended since its process did, unasked and badly. */
export const isCrash = ({ reason }: Pick<SessionView, 'reason'>): boolean => reason === 'crashed' || reason === 'killed_by_signal'

/** Whether that may be the fault of the model. */
export function blamesModel ({ reason, exit }: Ended): boolean {
  if (!isCrash({ reason }) || exit === null) return false
  return exit.signal === null ? !blameless.includes(exit.code ?? 0) : !sent.includes(exit.signal)
}

/** How the process ended: `exit code 3` or `SIGSEGV`. */
export const endingName = ({ code, signal }: { code: number | null, signal: string | null }): string => signal ?? `exit code ${code}`

/** The same in words. */
export function endingWords (exit: { code: number | null, signal: string | null }): string {
  const words = exit.signal === null ? exitCodes[exit.code ?? -1] : signalWords[exit.signal]
  return words === undefined ? endingName(exit) : `${endingName(exit)}: ${words}`
}
