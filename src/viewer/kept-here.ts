import { KeptSessions } from './kept-sessions.ts'
import { TabMemory } from './tab-memory.ts'

/** What the page that is open here keeps for itself, in its tab; `what` names it. */
export const memoryHere = <T>(what: () => string): TabMemory<T> => new TabMemory<T>(tabStorage(), () => `slipway.${what()}.1 ${location.pathname}`, Date.now)

export const keptHere = (): KeptSessions => new KeptSessions(memoryHere(() => `sessions${location.search}`))

/** A page without a right to storage, as in a sandboxed frame, is told so by an exception. */
function tabStorage (): Storage | undefined {
  try {
    return sessionStorage
  } catch {
    return undefined
  }
}
