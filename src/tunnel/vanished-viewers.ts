import type { Clock } from '../clock.ts'
import { kernelTables, unanswering } from './kernel-connections.ts'
import type { TunnelSet } from './tunnel-set.ts'

/** Milliseconds between two looks. */
const lookEvery = 15_000

/**
 * Ends the tunnels of viewers whose machine or network is gone while bytes are on their way to them. TCP's keep-alive asks only on a
 * silent line, and bytes under way are repeated for a quarter of an hour. A viewer that answers and merely does not read, because it
 * stands at a breakpoint, is left alone: the two look alike to a socket, but not to Linux, whose table of connections is read every
 * 15 s for all tunnels at once. Other systems give up by themselves.
 */
export class VanishedViewers {
  readonly #tunnels: TunnelSet
  readonly #clock: Clock
  readonly #tables: () => Promise<string>
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
    if (this.#tunnels.size > 0) {
      const gone = unanswering(await this.#tables())
      if (gone.size > 0) for (const tunnel of this.#tunnels) if (gone.has(tunnel.viewerConnection)) tunnel.viewerVanished()
    }
    if (this.#cancel !== undefined) this.#wait()
  }
}
