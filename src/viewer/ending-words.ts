import type { EndingMessage } from '../stream-server/protocol.ts'

/** What a person is told before a limit of time ends the session, and whether doing something keeps it. */
export function endingWords ({ reason, seconds }: { reason: EndingMessage['reason'], seconds: number }): { words: string, mayStay: boolean } {
  return reason === 'idle_timeout'
    ? { words: `The session ends in ${seconds} s, since nobody uses it.`, mayStay: true }
    : { words: `The session ends in ${seconds} s: it may not last any longer.`, mayStay: false }
}
