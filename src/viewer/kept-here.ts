import { KeptSessions } from './kept-sessions.ts'

/** What the page that is open here keeps for itself, in its tab. */
export const keptHere = (): KeptSessions => new KeptSessions(tabStorage(), location.pathname + location.search, Date.now)

/** A page without a right to storage, as in a sandboxed frame, is told so by an exception. */
function tabStorage (): Storage | undefined {
  try {
    return sessionStorage
  } catch {
    return undefined
  }
}
