import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { connectionName } from './kernel-connections.ts'

/** What closed a tunnel; the first cause wins. `ended` is our own doing. */
export type TunnelCause = 'viewerClosed' | 'viewerReset' | 'viewerVanished' | 'streamServerClosed' | 'streamServerReset' | 'ended'

/** The last word on a tunnel. Bytes are those relayed after the upgrade request, the 101 included. */
export interface TunnelEnd {
  bytesToViewer: number
  bytesFromViewer: number
  cause: TunnelCause
}

/** The direction from the stream server to the viewer. */
export interface Relay {
  /** Bytes handed to the viewer's socket. */
  readonly bytes: number
  relay (streamServer: Socket, viewer: Socket): void
}

/** Milliseconds before TCP asks a silent peer whether it is still there. */
export const keepAliveDelay = 30_000

/** Milliseconds a half-closed tunnel may go without moving a byte. */
const lingerTime = 30_000

/**
 * Two sockets joined as raw bytes: no frame is parsed on the way, and each side waits for the other. A FIN is
 * passed on behind the last byte; an error on one side destroys the other. Neither side outlives the tunnel.
 */
export class Tunnel {
  /** Fulfilled, never rejected, when both sockets are closed. */
  readonly closed: Promise<TunnelEnd>

  readonly #viewer: Socket
  readonly #streamServer: Socket
  readonly #downstream: Relay
  readonly #clock: Clock
  #bytesFromViewer = 0
  #cause: TunnelCause | undefined
  #cancelLinger = (): void => {}

  /**
   * Joins at once; call it in the turn in which the viewer was taken and the stream server connected.
   * @param opening the composed upgrade request
   * @param early what the viewer said while it was parked
   */
  constructor (
    { viewer, streamServer, downstream, opening, early, clock }:
    { viewer: Socket, streamServer: Socket, downstream: Relay, opening: Buffer, early: Buffer, clock: Clock }
  ) {
    this.#viewer = viewer
    this.#streamServer = streamServer
    this.#downstream = downstream
    this.#clock = clock
    // A FIN is ours to pass on: neither socket may answer it by itself.
    viewer.allowHalfOpen = true
    viewer.setTimeout(0)
    viewer.setNoDelay(true)
    viewer.setKeepAlive(true, keepAliveDelay)

    this.closed = new Promise(resolve => {
      this.#attend(viewer, streamServer, 'viewer', resolve)
      this.#attend(streamServer, viewer, 'streamServer', resolve)
    })
    downstream.relay(streamServer, viewer)
    streamServer.write(opening)
    if (early.length > 0) this.#fromViewer(early)
    viewer.on('data', this.#fromViewer)
    streamServer.on('drain', () => { viewer.resume() })
    if (!streamServer.writableNeedDrain) viewer.resume()
  }

  /** Bytes handed to the viewer's socket so far. */
  get bytesToViewer (): number {
    return this.#downstream.bytes
  }

  /** Bytes the viewer said so far, those said while parked included. */
  get bytesFromViewer (): number {
    return this.#bytesFromViewer
  }

  /** The viewer's connection, as the kernel's table names it. */
  get viewerConnection (): string {
    return connectionName(this.#viewer)
  }

  /** Closes both sides: nobody is there any more to read what is under way. */
  viewerVanished (): void {
    this.#because('viewerVanished')
    this.destroy()
  }

  /** Closes both sides at once, unflushed. Calling it again is nothing. */
  destroy (): void {
    this.#because('ended')
    this.#viewer.destroy()
    this.#streamServer.destroy()
  }

  /** Viewers say little, a few hundred bytes per gesture: a buffer that Node allocates for each read costs nothing that could be measured. */
  readonly #fromViewer = (chunk: Buffer): void => {
    if (!this.#streamServer.writable) return
    this.#bytesFromViewer += chunk.length
    if (!this.#streamServer.write(chunk)) this.#viewer.pause()
  }

  #attend (side: Socket, other: Socket, name: 'viewer' | 'streamServer', resolve: (end: TunnelEnd) => void): void {
    side.on('error', () => { this.#because(`${name}Reset`) })
    side.on('end', () => {
      this.#because(`${name}Closed`)
      other.end()
      this.#linger()
    })
    side.on('close', () => {
      this.#because(`${name}Closed`)
      // After two FINs the other side may still be flushing; anything else is a loss, and losses are shared.
      if (!side.readableEnded || !side.writableFinished) other.destroy()
      if (!side.closed || !other.closed) return
      this.#cancelLinger()
      const { bytesToViewer, bytesFromViewer } = this
      resolve({ bytesToViewer, bytesFromViewer, cause: this.#because('ended') })
    })
  }

  #because (cause: TunnelCause): TunnelCause {
    this.#cause ??= cause
    return this.#cause
  }

  /** A half-closed tunnel lives as long as bytes move; a peer that never says its FIN keeps nothing open. */
  #linger (): void {
    this.#cancelLinger()
    if (this.#viewer.closed && this.#streamServer.closed) return
    const moved = this.bytesToViewer + this.bytesFromViewer
    this.#cancelLinger = this.#clock.after(lingerTime, () => {
      if (this.bytesToViewer + this.bytesFromViewer > moved) this.#linger()
      else this.destroy()
    })
  }
}
