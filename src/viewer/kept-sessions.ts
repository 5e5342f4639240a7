import type { WayBack } from './way-back.ts'
import type { Mode } from './modes.ts'

/** A session whose viewer's page goes away. */
export interface KeptSession {
  /** Address of the service, without `/api`. */
  service: string
  serviceId: string
  model: string
  mode: Mode
  back: WayBack
}

/** As much of a browser's `Storage` as is used. */
export interface TabStorage {
  getItem (name: string): string | null
  setItem (name: string, value: string): void
  removeItem (name: string): void
}

type Entry = KeptSession & { /** Milliseconds since 1970. */ until: number }

/**
 * Where a page that goes away leaves its sessions for the same page, when the same tab loads it again. Whoever takes one takes it out: a tab that is made
 * after this one's likeness finds nothing. Where the browser allows no storage nothing is kept.
 */
export class KeptSessions {
  readonly #storage: TabStorage | undefined
  readonly #name: string
  readonly #now: () => number

  /** `page` is the page's address. `now` in milliseconds since 1970. */
  constructor (storage: TabStorage | undefined, page: string, now: () => number) {
    this.#storage = storage
    this.#name = `slipway.sessions.1 ${page}`
    this.#now = now
  }

  keep (session: KeptSession): void {
    this.#write([...this.#read(), { ...session, until: this.#now() + session.back.seconds * 1000 }])
  }

  /** Takes out the oldest that fits. */
  take (fits: (session: KeptSession) => boolean): KeptSession | undefined {
    const entries = this.#read()
    const found = entries.find(fits)
    if (found !== undefined) this.#write(entries.filter(each => each !== found))
    return found
  }

  /** What may still be there, with what is left of its time. */
  #read (): Entry[] {
    const now = this.#now()
    try {
      const entries = JSON.parse(this.#storage?.getItem(this.#name) ?? '[]') as Entry[]
      return entries.filter(({ until }) => until > now).map(entry => ({ ...entry, back: { ...entry.back, seconds: (entry.until - now) / 1000 } }))
    } catch {
      return []
    }
  }

  #write (entries: Entry[]): void {
    try {
      if (entries.length > 0) this.#storage?.setItem(this.#name, JSON.stringify(entries))
      else this.#storage?.removeItem(this.#name)
    } catch {
      // No room: the sessions end when their time is over.
    }
  }
}
