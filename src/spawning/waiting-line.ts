import type { Clock } from '../clock.ts'

/** How waiting ended without a turn: one left, waited too long, or nothing is given out any more. `full`: there was no place in the line, or it went to a caller with fewer. */
export type Unseated = 'left' | 'late' | 'full' | 'closed'

export interface WaitingLineOptions {
  /** Most who wait; 0: nobody does. */
  room: number
  /** Milliseconds somebody waits at most. */
  patience: number
  /** Milliseconds for which the place of somebody who leaves and may come back is kept. */
  hold: number
  clock: Clock
}

/** How somebody stands in the line. */
export interface Standing {
  /** By this it may come back to its place when it has left; absent: it does not. */
  key?: string
  /** The key of a place that it had before. */
  shown?: string | null
  /** Before everybody else: it has had a seat. */
  first?: boolean
}

interface Waiter {
  caller: string
  /** By which it may come back. */
  key: string | undefined
  /** Smaller ones are called first. */
  rank: number
  /** Its turn has come. */
  call: () => void
  sendAway: (how: Unseated) => void
  told: (place: number) => void
}

/**
 * Requests that wait until something can be started: bounded, first come first served, and fair between callers: each request of one's own that waits
 * already puts the next one behind as many of others as the line has places, so nobody waits for ever. Where the line is full, whoever waits with many gives
 * the last of them up for a caller with fewer, so nobody keeps others out of it. Places that are kept for somebody count like requests that wait, and go first.
 */
export class WaitingLine {
  readonly #options: WaitingLineOptions
  /** In the order in which they are called. */
  readonly #waiters: Waiter[] = []
  /** Places that are kept, by their keys, each with what cancels the end of its time. */
  readonly #kept = new Map<string, { caller: string, rank: number, cancel: () => void }>()
  #arrivals = 0
  #closed = false

  constructor (options: WaitingLineOptions) {
    this.#options = options
  }

  get length (): number { return this.#waiters.length }

  /** Requests of one caller that wait, and places that are kept for it. @param shown the key of one that does not count, since it is coming back to it */
  waitingOf (caller: string, shown: string | null = null): number {
    let count = 0
    for (const waiter of this.#waiters) if (waiter.caller === caller && (shown === null || waiter.key !== shown)) count++
    for (const [key, kept] of this.#kept) if (kept.caller === caller && key !== shown) count++
    return count
  }

  /**
   * Waits.
   * @param told is called with the place, counted from 1, now and whenever it changes
   * @param standing how it stands in the line, where not as everybody does
   * @param turn is called in the very moment it is one's turn, to take what has come free; its answer is the answer
   */
  async join<T> (caller: string, signal: AbortSignal, told: (place: number) => void, turn: () => T | Promise<T>, standing: Standing = {}): Promise<T | Unseated> {
    const { room, patience, clock } = this.#options
    if (this.#closed) return 'closed'
    const before = this.#placeOf(standing)
    const rank = before ?? this.#arrivals + this.waitingOf(caller) * room
    if (before === undefined && !this.#hasRoom(caller, rank)) return 'full'
    this.#arrivals++
    return await new Promise<T | Unseated>(resolve => {
      const leave = (how: Unseated) => () => {
        this.#remove(this.#waiters.indexOf(waiter))
        waiter.sendAway(how)
      }
      const left = () => {
        if (standing.key !== undefined) this.keep(standing.key, caller, rank)
        leave('left')()
      }
      const cancel = clock.after(patience, leave('late'))
      const over = () => {
        cancel()
        signal.removeEventListener('abort', left)
      }
      const waiter: Waiter = {
        caller,
        key: standing.key,
        rank,
        call: () => {
          over()
          // At once, and whatever goes wrong is for whoever waits to hear, not for whoever calls.
          resolve((async () => await turn())())
        },
        sendAway: how => {
          over()
          resolve(how)
        },
        told
      }
      signal.addEventListener('abort', left, { once: true })
      const behind = this.#waiters.findIndex(({ rank }) => rank > waiter.rank)
      const index = behind === -1 ? this.#waiters.length : behind
      this.#waiters.splice(index, 0, waiter)
      this.#tell(index)
    })
  }

  /** Calls whoever is first; `false`: nobody waits. */
  callNext (): boolean {
    const waiter = this.#waiters[0]
    if (waiter === undefined) return false
    this.#remove(0)
    waiter.call()
    return true
  }

  /** Takes people again after it was closed. */
  open (): void { this.#closed = false }

  /** Sends everybody away, and keeps no place. Closing twice is nothing. */
  close (): void {
    this.#closed = true
    for (const { cancel } of this.#kept.values()) cancel()
    this.#kept.clear()
    for (const { sendAway } of this.#waiters.splice(0)) sendAway('closed')
  }

  /** The rank of the place somebody comes back to, which nobody else gets by the same key, or before everybody; `undefined`: there is none. */
  #placeOf ({ shown, first }: Standing): number | undefined {
    const rank = shown == null ? undefined : this.reclaim(shown)
    return first === true ? -1 : rank
  }

  /** Takes a place out of the line: the one that is kept for this key, or where its connection before was not seen to end. Answers its rank; `undefined`: there is none. */
  reclaim (key: string): number | undefined {
    const waiter = this.#waiters.find(each => each.key === key)
    if (waiter !== undefined) {
      this.#remove(this.#waiters.indexOf(waiter))
      waiter.sendAway('left')
    }
    const kept = this.#kept.get(key)
    this.#kept.delete(key)
    kept?.cancel()
    return waiter?.rank ?? kept?.rank
  }

  /** Keeps a place for whoever comes back by this key. @param rank -1: before everybody */
  keep (key: string, caller: string, rank: number): void {
    const { hold, clock } = this.#options
    if (hold > 0 && !this.#closed) this.#kept.set(key, { caller, rank, cancel: clock.after(hold, () => { this.#kept.delete(key) }) })
  }

  /** Whether there is a place for one more, as far as others make way for it. */
  #hasRoom (caller: string, rank: number): boolean {
    while (this.#waiters.length + this.#kept.size >= this.#options.room) {
      if (!this.#madeWay(caller, rank)) return false
    }
    return true
  }

  /** Whether a kept place, or somebody behind this rank, was given up for it: the last of whoever has most, and still has as many as the newcomer. */
  #madeWay (caller: string, rank: number): boolean {
    const counts = new Map<string, number>()
    for (const each of [...this.#waiters, ...this.#kept.values()]) counts.set(each.caller, (counts.get(each.caller) ?? 0) + 1)
    let most = (counts.get(caller) ?? 0) + 2
    for (const [key, kept] of this.#kept) {
      if ((counts.get(kept.caller) ?? 0) < most) continue
      kept.cancel()
      return this.#kept.delete(key)
    }
    let last: Waiter | undefined
    for (const waiter of this.#waiters) {
      const count = counts.get(waiter.caller) ?? 0
      if (waiter.rank <= rank || count < most) continue
      most = count
      last = waiter
    }
    if (last === undefined) return false
    this.#remove(this.#waiters.indexOf(last))
    last.sendAway('full')
    return true
  }

  #remove (index: number): void {
    this.#waiters.splice(index, 1)
    this.#tell(index)
  }

  /** Tells their place to everybody from `index` on. */
  #tell (index: number): void {
    for (const [offset, { told }] of this.#waiters.slice(index).entries()) told(index + offset + 1)
  }
}
