import type { Clock } from '../clock.ts'
import type { Spawner } from './spawner.ts'

/** How far a drain is; times in milliseconds since the epoch. */
export interface DrainProgress {
  draining: boolean
  since: number | null
  /** When the sessions that are left are stopped: where the service ends sooner, then. */
  deadline: number | null
  /** Sessions alive when it began, and those that are left of them. */
  atStart: number
  left: number
}

/** Lets the service run empty: nothing is given out from now on, sessions may finish until a deadline, then the rest is stopped. It may be called off. */
export class Drain {
  readonly #spawner: Spawner
  readonly #clock: Clock
  #since: number | null = null
  #atStart = 0
  #cancel = () => {}

  constructor (spawner: Spawner, clock: Clock) {
    this.#spawner = spawner
    this.#clock = clock
    // It may begin and end elsewhere: by a signal, or with the service.
    spawner.on('draining', draining => { this.#changed(draining) })
  }

  get progress (): DrainProgress {
    const { draining, deadline, alive } = this.#spawner
    return { draining, since: this.#since, deadline, atStart: this.#atStart, left: draining ? alive : 0 }
  }

  /** Begins, or sets another deadline where it has begun. @param patience milliseconds until what is left is stopped */
  begin (patience: number): DrainProgress {
    this.#spawner.drain(this.#clock.now() + patience)
    this.#cancel()
    this.#cancel = this.#clock.after(patience, () => { this.#spawner.stopLiving() })
    return this.progress
  }

  /** Calls it off; `false`: there is none, or the service is being stopped. Sessions that were stopped stay so. */
  cancel (): boolean { return this.#spawner.resume() }

  /** Lets go of its timer. */
  close (): void { this.#cancel() }

  #changed (draining: boolean): void {
    this.#cancel()
    this.#since = draining ? this.#clock.now() : null
    this.#atStart = draining ? this.#spawner.alive : 0
  }
}
