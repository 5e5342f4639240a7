import type { Clock } from '../clock.ts'
import type { Diagnosis } from './diagnosis.ts'

/** What is watched: the spawner, as far as it concerns this. */
export interface Watched {
  /** Whether somebody waits although nothing stands in the way. */
  readonly stuck: boolean
  /** Looks once more whether somebody can be served. */
  unstick (): void
  diagnosis (): Diagnosis
}

export interface WedgeWatchOptions {
  clock: Clock
  /** It has been stuck from one look to the next. */
  alarm: (diagnosis: Diagnosis) => void
  /** It is no longer, by itself or by being looked at. */
  recovered: (milliseconds: number) => void
}

/** Milliseconds from look to look. */
const every = 5_000

/**
 * Notices when the service is wedged: requests wait, there is room, and nothing happens. By the spawner's own rules that cannot be; this is for the fault that nobody has thought of. It raises an alarm with all that is known and lets
 * the spawner look again, which is the cure for a call that got lost.
 */
export class WedgeWatch {
  readonly #spawner: Watched
  readonly #options: WedgeWatchOptions
  #stuckSince: number | null = null
  #alarmed = false
  #cancel: () => void

  constructor (spawner: Watched, options: WedgeWatchOptions) {
    this.#spawner = spawner
    this.#options = options
    this.#cancel = this.#wait()
  }

  /** Since when it has been wedged and looking again has not helped, in milliseconds since the epoch; null: it is not. */
  get since (): number | null { return this.#alarmed ? this.#stuckSince : null }

  /** Twice is nothing. */
  close (): void { this.#cancel() }

  #wait (): () => void {
    return this.#options.clock.after(every, () => {
      this.#look()
      this.#cancel = this.#wait()
    })
  }

  #look (): void {
    const { clock, alarm } = this.#options
    if (this.#free()) return
    if (this.#stuckSince === null) {
      this.#stuckSince = clock.now()
      return
    }
    if (!this.#alarmed) alarm(this.#spawner.diagnosis())
    this.#alarmed = true
    this.#spawner.unstick()
    this.#free()
  }

  #free (): boolean {
    if (this.#spawner.stuck) return false
    if (this.#alarmed) this.#options.recovered(this.#options.clock.now() - (this.#stuckSince ?? 0))
    this.#stuckSince = null
    this.#alarmed = false
    return true
  }
}
