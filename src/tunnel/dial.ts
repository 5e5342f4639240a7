import { connect as connectPlainly, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import type { Clock } from '../clock.ts'
import type { Carrier } from './carrier.ts'
import { ChunkedDownstream } from './chunked-downstream.ts'
import { Downstream } from './downstream.ts'
import { InProcessTunnel, type Relay } from './in-process-tunnel.ts'
import type { ParkedSocket } from './parked-socket.ts'
import type { Tunnel } from './tunnel.ts'

/** Milliseconds before TCP asks a silent peer whether it is still there. */
const keepAliveDelay = 30_000

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
  /** Called whenever the viewer says something; this process carries it then. Absent: nobody wants to know. */
  onInput?: (() => void) | undefined
  /** As for a pair; who is carried by another process hears the end of the connection. */
  unheard?: ((viewer: Socket) => void) | undefined
  /** The stream server speaks TLS, and this tells by the SHA-256 fingerprint whether its certificate is the right one. Absent: it does not. */
  knows?: ((fingerprint: string) => boolean) | undefined
  /** Who carries the viewer, where it can: neither side speaks TLS, and nobody asks for `onInput`. Absent: this process does. */
  carrier?: Carrier | undefined
}

/** A connection on its way, the event that says it is there, and how it will be read. */
interface Line {
  socket: Socket
  established: 'connect' | 'secureConnect'
  downstream: Relay
  /** Asked once it is there: what speaks against it. */
  objection: () => string | undefined
}

/**
 * Connects a parked viewer to its stream server and joins the two. From then on the stream server speaks for
 * itself: its 101, or its refusal, reaches the viewer byte for byte. Never rejects.
 */
export function dial (viewer: ParkedSocket, call: Call): Promise<DialResult> {
  if (viewer.gone.aborted) return Promise.resolve({ status: 'viewerGone' })
  const { host, port, opening, timeout, clock, onInput, unheard, knows } = call
  // Nobody sees what a carrier carries, and none takes part in TLS.
  const carrier = onInput === undefined && knows === undefined && !viewer.encrypted ? call.carrier : undefined
  const willCarry = carrier?.ready === true
  return new Promise(resolve => {
    const { socket: streamServer, established, downstream, objection } = knows === undefined ? plainLine(call, willCarry) : secureLine(call, knows)
    const cancelTimeout = clock.after(timeout, () => {
      streamServer.destroy(new Error(`${host}:${port} did not accept the connection within ${timeout} ms`))
    })
    const hangUp = (): void => {
      settle({ status: 'viewerGone' })
      streamServer.destroy()
    }
    const settle = (result: DialResult | Promise<DialResult>): void => {
      cancelTimeout()
      viewer.gone.removeEventListener('abort', hangUp)
      streamServer.off('error', fail)
      resolve(result)
    }
    const fail = (error: Error): void => { settle({ status: 'unreachable', message: error.message }) }

    viewer.gone.addEventListener('abort', hangUp)
    streamServer.on('error', fail)
    // In this very event: whatever the stream server says first must find the viewer's socket wired.
    streamServer.once(established, () => {
      const problem = objection()
      if (problem !== undefined) {
        streamServer.destroy(new Error(problem))
        return
      }
      const taken = viewer.take()
      if (taken === undefined) return hangUp()
      taken.socket.setNoDelay(true).setKeepAlive(true, keepAliveDelay)
      const pair = { viewer: taken.socket, streamServer, opening, early: taken.early, clock, onInput, unheard }
      const here = (): DialResult => ({ status: 'joined', tunnel: new InProcessTunnel(pair, downstream) })
      settle(carrier?.handOver(pair)?.then(tunnel => tunnel === undefined ? here() : { status: 'joined', tunnel }) ?? here())
    })
  })
}

const manner = { noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveDelay, allowHalfOpen: true }

function plainLine ({ host, port }: Call, willCarry: boolean): Line {
  // A buffer for every viewer would be most of what one costs that is handed over.
  if (willCarry) return { socket: connectPlainly({ host, port, ...manner }), established: 'connect', downstream: new ChunkedDownstream(), objection: () => undefined }
  const downstream = new Downstream()
  return { socket: connectPlainly({ host, port, ...manner, onread: downstream.onread }), established: 'connect', downstream, objection: () => undefined }
}

/** Verified by the certificate itself, so that neither the name in it nor its authority has to be known here. */
function secureLine ({ host, port }: Call, knows: (fingerprint: string) => boolean): Line {
  const socket = connectSecurely({ host, port, ...manner, minVersion: 'TLSv1.2', rejectUnauthorized: false })
  socket.setNoDelay(true).setKeepAlive(true, keepAliveDelay)
  return {
    socket,
    established: 'secureConnect',
    downstream: new ChunkedDownstream(),
    objection: () => knows(socket.getPeerCertificate().fingerprint256) ? undefined : `${host}:${port} presents a certificate that is not ours`
  }
}
