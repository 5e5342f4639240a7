import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'

/**
 * What closed a tunnel; the first cause wins. `ended` is our own doing. `carrierLost`: the process that carried it died, or could not go on.
 */
export type TunnelCause = 'viewerClosed' | 'viewerReset' | 'viewerVanished' | 'streamServerClosed' | 'streamServerReset' | 'carrierLost' | 'ended'

/** The last word on a tunnel. Bytes are those relayed after the upgrade request, the 101 included. */
export interface TunnelEnd {
  bytesToViewer: number
  bytesFromViewer: number
  cause: TunnelCause
}

/**
 * Two sockets joined as raw bytes: of frames only the headers of the viewer's are looked at, and only where its input is watched; each side waits for the other. A FIN is
 * passed on behind the last byte; an error on one side ends the other. Neither side outlives the tunnel.
 */
export interface Tunnel {
  /** Fulfilled, never rejected, when both sockets are closed. */
  readonly closed: Promise<TunnelEnd>
  /** Bytes handed to the viewer's socket so far. */
  readonly bytesToViewer: number
  /** Bytes the viewer said so far, those said while parked included. */
  readonly bytesFromViewer: number
  /** The viewer's connection, as the kernel's table names it. */
  readonly viewerConnection: string
  /** Closes both sides: nobody is there any more to read what is under way. */
  viewerVanished (): void
  /** Closes both sides at once, unflushed. Calling it again is nothing. */
  destroy (): void
}

/** What is to be joined. */
export interface Pair {
  /** Paused. */
  viewer: Socket
  /** Connected, and nothing was read from it or written to it. */
  streamServer: Socket
  /** The composed upgrade request. */
  opening: Buffer
  /** What the viewer said while it was parked. */
  early: Buffer
  clock: Clock
  /** The viewer says something; pings, pongs and its farewell are none. Absent: nobody wants to know. */
  onInput?: (() => void) | undefined
  /** Answers the viewer, and sees its socket closed, when the stream server has hung up before its first byte. Absent: the viewer hears the end of the connection. */
  unheard?: ((viewer: Socket) => void) | undefined
}
