import type { Clock } from '../clock.ts'
import { kernelTables, unanswering } from './kernel-connections.ts'
import type { TunnelSet } from './tunnel-set.ts'

/** Milliseconds between two looks. */
const lookEvery = 15_000

/** Milliseconds for which a peer must have answered nothing, from the first look that found it silent. */
const longestSilence = 60_000

/** A connection whose peer was silent at the last look. */
interface Silence { since: number, unanswered: number }

/**
 * Ends the tunnels of viewers whose machine or network is gone while bytes are on their way to them. TCP's keep-alive asks only on a
 * silent line, and bytes under way are repeated for a quarter of an hour. A viewer that answers and merely does not read, because it
 * stands at a breakpoint, is left alone: the two look alike to a socket, but not to Linux, whose table of connections is read every
 * 15 s for all tunnels at once. Other systems are left to notice it themselves.
 */
export class VanishedViewers {
  readonly #tunnels: TunnelSet
  readonly #clock: Clock
  readonly #tables: () => Promise<string>
  #silent = new Map<string, Silence>()
  #cancel: (() => void) | undefined

  /** @param tables what the kernel knows of its connections, in the form of `/proc/net/tcp` */
  constructor (tunnels: TunnelSet, clock: Clock, tables = kernelTables) {
    this.#tunnels = tunnels
    this.#clock = clock
    this.#tables = tables
    this.#wait()
  }

  /** Calling it again is nothing. */
  close (): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #wait (): void {
    this.#cancel = this.#clock.after(lookEvery, () => { void this.#look() })
  }

  async #look (): Promise<void> {
    this.#listen(this.#tunnels.size === 0 ? new Map() : unanswering(await this.#tables()))
    for (const tunnel of this.#tunnels) {
      const silence = this.#silent.get(tunnel.viewerConnection)
      if (silence !== undefined && this.#clock.now() - silence.since >= longestSilence) tunnel.viewerVanished()
    }
    if (this.#cancel !== undefined) this.#wait()
  }

  /** Any answer sets the count of what is unanswered back: a count that has fallen is a new silence. */
  #listen (unanswering: Map<string, number>): void {
    const before = this.#silent
    this.#silent = new Map([...unanswering].map(([connection, unanswered]) => {
      const last = before.get(connection)
      return [connection, { since: last !== undefined && unanswered >= last.unanswered ? last.since : this.#clock.now(), unanswered }]
    }))
  }
}
