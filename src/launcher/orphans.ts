import type { Clock } from '../clock.ts'
import type { ProcessIdentity } from '../spawning/launcher.ts'
import { isRunning, killGroup } from './process-identity.ts'

/** Milliseconds until the second look at an orphan that was killed; each later look waits twice as long, up to the longest. */
const FIRST_LOOK_MILLISECONDS = 2
const LONGEST_LOOK_MILLISECONDS = 500

/** The children that dead launchers left behind, until each of them is gone. */
export class Orphans {
  readonly #clock: Clock
  /** Cancels the next look, by pid. */
  readonly #looks = new Map<number, () => void>()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /**
   * Kills the orphan's process group and resolves once the orphan runs no more. A signal needs no fork, so the service does this itself:
   * at once, and even where no new launcher can be started. Only a process whose start time proves that it is the child is killed.
   */
  end (orphan: ProcessIdentity): Promise<void> {
    killGroup(orphan)
    return new Promise(resolve => {
      const look = (wait: number) => {
        this.#looks.delete(orphan.pid)
        if (!isRunning(orphan)) resolve()
        else this.#looks.set(orphan.pid, this.#clock.after(wait, () => { look(Math.min(wait * 2, LONGEST_LOOK_MILLISECONDS)) }))
      }
      look(FIRST_LOOK_MILLISECONDS)
    })
  }

  /** Stops looking; what is not gone by now is given up. */
  close (): void {
    for (const cancel of this.#looks.values()) cancel()
    this.#looks.clear()
  }
}
