import type { EndingMessage } from '../stream-server/protocol.ts'

/** A limit of time that ends a session. */
export type SessionLimit = EndingMessage['reason']

/** What a person is told before a limit ends the session, and whether doing something keeps it. */
export function endingWords (limit: SessionLimit, seconds: number): { words: string, mayStay: boolean } {
  return limit === 'idle_timeout'
    ? { words: `The session ends in ${seconds} s, since nobody uses it.`, mayStay: true }
    : { words: `The session ends in ${seconds} s: it may not last any longer.`, mayStay: false }
}

/** What a person is told when the limit has ended the session. */
export const endedWords = (limit: SessionLimit): string => limit === 'idle_timeout'
  ? 'The session has ended, since nobody used it.'
  : 'The session has ended: it has lasted as long as it may.'
