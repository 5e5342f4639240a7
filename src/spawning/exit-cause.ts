import type { Reason } from '../sessions/reasons.ts'
import type { SessionView } from '../sessions/session.ts'
import type { ChildExit } from './launcher.ts'

/** Exit codes of `ts3d_sc_server`, in words (contract, section 4.2); 10 is the embedded server's. */
export const exitCodes: Readonly<Record<number, string>> = {
  0: 'success',
  1: 'unexpected exit',
  2: 'invalid command line argument',
  3: 'internal error',
  4: 'failed to initialize the stream-cache',
  5: 'failed to initialize the curl library',
  6: 'invalid license',
  7: 'invalid license file',
  8: 'service-respawn failed',
  9: 'unable to get service-respawn exit-code',
  10: 'address in use'
}

/** Why a process that nobody asked to stop has ended. */
export function exitReason (exit: ChildExit): Reason {
  if (exit.signal !== null) return 'killed_by_signal'
  if (exit.code === 0) return 'exited'
  return exit.code === 6 || exit.code === 7 ? 'licence' : 'crashed'
}

/** Whether the process ended because somebody else holds its port: by its code, or by what it last said. */
export function lostItsPort (exit: ChildExit): boolean {
  return exit.code === 10 || (exit.code !== 0 && /EADDRINUSE|address (is )?(already )?in use/i.test(exit.outputTail))
}

/** The end of a session's process in one sentence, in the official server's form. */
export function exitMessage (name: string, { id, exit }: Pick<SessionView, 'id' | 'exit'>): string {
  if (exit === null) return `${name} ended, id=${id}`
  if (exit.signal !== null) return `${name} failed: reason='exited because of signal=${exit.signal}, no exit-code', id=${id}`
  const words = exitCodes[exit.code ?? -1] ?? 'unknown exit-code'
  return `${name} failed: reason='${words}', exit-code=${exit.code}, id=${id}`
}
