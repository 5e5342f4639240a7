import type { StreamingMode } from '../stream-server/protocol.ts'
import type { Mode } from './modes.ts'
import type { TabMemory } from './tab-memory.ts'
import type { WayBack } from './way-back.ts'

/** What of a viewer is left for the page that is loaded again: its session, or its place in the line. */
export interface KeptSession {
  /** Address of the service, without `/api`. */
  service: string
  model: string
  mode: Mode
  streamingMode: StreamingMode
  /** The session goes on. */
  session?: { serviceId: string, back: WayBack }
  /** It was waiting: the token of its place. */
  place?: string
}

/** Where a page that goes away leaves what its viewers have. */
export class KeptSessions {
  readonly #memory: TabMemory<KeptSession>

  constructor (memory: TabMemory<KeptSession>) {
    this.#memory = memory
  }

  /** Whether it is kept. */
  keep (kept: KeptSession, seconds: number): boolean {
    return this.#memory.keep(kept, seconds)
  }

  /** Takes out the oldest that fits; its session is waited for as long as is left of its time. */
  take (fits?: (kept: KeptSession) => boolean): KeptSession | undefined {
    const found = this.#memory.take(fits)
    if (found?.value.session === undefined) return found?.value
    const { session, ...rest } = found.value
    return { ...rest, session: { ...session, back: { ...session.back, seconds: found.seconds } } }
  }
}
