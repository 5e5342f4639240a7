import { connect } from 'node:net'
import type { Clock } from '../clock.ts'
import { Downstream } from './downstream.ts'
import type { ParkedSocket } from './parked-socket.ts'
import { keepAliveDelay, Tunnel } from './tunnel.ts'

/**
 * `unreachable`: the stream server did not take the call. The viewer is still parked and has heard nothing, so it
 * can be refused in form. `viewerGone`: it hung up meanwhile, there is nobody left to answer.
 */
export type DialResult =
  | { status: 'joined', tunnel: Tunnel }
  | { status: 'unreachable', message: string }
  | { status: 'viewerGone' }

export interface Call {
  host: string
  port: number
  /** The upgrade request as the stream server shall read it. */
  opening: Buffer
  /** Milliseconds the stream server has to accept the connection. */
  timeout: number
  clock: Clock
}

/**
 * Connects a parked viewer to its stream server and joins the two. From then on the stream server speaks for
 * itself: its 101, or its refusal, reaches the viewer byte for byte. Never rejects.
 */
export function dial (viewer: ParkedSocket, { host, port, opening, timeout, clock }: Call): Promise<DialResult> {
  if (viewer.gone.aborted) return Promise.resolve({ status: 'viewerGone' })
  return new Promise(resolve => {
    const downstream = new Downstream()
    const streamServer = connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveDelay,
      allowHalfOpen: true,
      onread: downstream.onread
    })
    const cancelTimeout = clock.after(timeout, () => {
      streamServer.destroy(new Error(`${host}:${port} did not accept the connection within ${timeout} ms`))
    })
    const hangUp = (): void => {
      settle({ status: 'viewerGone' })
      streamServer.destroy()
    }
    const settle = (result: DialResult): void => {
      cancelTimeout()
      viewer.gone.removeEventListener('abort', hangUp)
      streamServer.off('error', fail)
      resolve(result)
    }
    const fail = (error: Error): void => { settle({ status: 'unreachable', message: error.message }) }

    viewer.gone.addEventListener('abort', hangUp)
    streamServer.on('error', fail)
    // In this very event: whatever the stream server says first must find the viewer's socket wired.
    streamServer.once('connect', () => {
      const taken = viewer.take()
      if (taken === undefined) return hangUp()
      const tunnel = new Tunnel({ viewer: taken.socket, streamServer, downstream, opening, early: taken.early, clock })
      settle({ status: 'joined', tunnel })
    })
  })
}
