import type { Clock } from '../clock.ts'
import { connectionName } from './kernel-connections.ts'
import { Linger } from './linger.ts'
import type { Pair, Tunnel, TunnelCause, TunnelEnd } from './tunnel.ts'

/** The tunnel whose sockets were handed to the carrier. What it knows it was told; totals are a quarter of a second old at most, and exact at the end. */
export class HandedTunnel implements Tunnel {
  readonly closed: Promise<TunnelEnd>
  readonly viewerConnection: string
  bytesToViewer = 0
  bytesFromViewer: number

  readonly #openingBytes: number
  readonly #end: () => void
  readonly #clock: Clock
  #linger: Linger | undefined
  #resolve: (end: TunnelEnd) => void = () => {}
  #cause: TunnelCause | undefined

  /** @param end asks the carrier to close both sides */
  constructor ({ viewer, opening, early, clock }: Pair, end: () => void) {
    this.viewerConnection = connectionName(viewer)
    this.bytesFromViewer = early.length
    this.#openingBytes = opening.length
    this.#end = end
    this.#clock = clock
    this.closed = new Promise(resolve => { this.#resolve = resolve })
  }

  viewerVanished (): void {
    this.#cause ??= 'viewerVanished'
    this.destroy()
  }

  destroy (): void {
    this.#cause ??= 'ended'
    this.#end()
  }

  /** The carrier's totals, all that the stream server heard and the opening therefore included. */
  moved (toViewer: number, toStreamServer: number): void {
    this.bytesToViewer = toViewer
    this.bytesFromViewer = Math.max(this.bytesFromViewer, toStreamServer - this.#openingBytes)
  }

  halfClosed (cause: TunnelCause): void {
    this.#cause ??= cause
    this.#linger = new Linger(this.#clock, () => this.bytesToViewer + this.bytesFromViewer, () => { this.destroy() })
    this.#linger.begin()
  }

  /** Both sides are closed. */
  ended (cause: TunnelCause): void {
    this.#linger?.cancel()
    const { bytesToViewer, bytesFromViewer } = this
    this.#resolve({ bytesToViewer, bytesFromViewer, cause: this.#cause ?? cause })
  }
}
