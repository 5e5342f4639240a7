/** As much of a browser's `Storage` as is used. */
export interface TabStorage {
  getItem (name: string): string | null
  setItem (name: string, value: string): void
  removeItem (name: string): void
}

interface Entry<T> {
  value: T
  /** Milliseconds since 1970. */
  until: number
}

/**
 * What a page that goes away leaves for itself, for when the same tab loads it again. Whoever takes something takes it out: a tab that is made after this
 * one's likeness finds nothing. Where the browser allows no storage nothing is kept.
 */
export class TabMemory<T> {
  readonly #storage: TabStorage | undefined
  readonly #name: () => string
  readonly #now: () => number

  /** `name` tells what is kept, and of which page, which may change its address. `now` in milliseconds since 1970. */
  constructor (storage: TabStorage | undefined, name: () => string, now: () => number) {
    this.#storage = storage
    this.#name = name
    this.#now = now
  }

  /** Whether it is kept: there may be no storage, or no room in it. */
  keep (value: T, seconds: number): boolean {
    return this.#write([...this.#read(), { value, until: this.#now() + seconds * 1000 }])
  }

  /** Takes out the oldest that fits, with the seconds that are left of its time. */
  take (fits: (value: T) => boolean = () => true): { value: T, seconds: number } | undefined {
    const entries = this.#read()
    const found = entries.find(({ value }) => fits(value))
    if (found === undefined) return undefined
    this.#write(entries.filter(each => each !== found))
    return { value: found.value, seconds: (found.until - this.#now()) / 1000 }
  }

  #read (): Array<Entry<T>> {
    try {
      const entries = JSON.parse(this.#storage?.getItem(this.#name()) ?? '[]') as Array<Entry<T>>
      return entries.filter(({ until }) => until > this.#now())
    } catch {
      return []
    }
  }

  #write (entries: Array<Entry<T>>): boolean {
    if (this.#storage === undefined) return false
    try {
      if (entries.length > 0) this.#storage.setItem(this.#name(), JSON.stringify(entries))
      else this.#storage.removeItem(this.#name())
      return true
    } catch {
      return false
    }
  }
}
