import type { Socket } from 'node:net'
import { FrameHeaders } from './frame-headers.ts'
import { connectionName } from './kernel-connections.ts'
import { Linger } from './linger.ts'
import type { Pair, Tunnel, TunnelCause, TunnelEnd } from './tunnel.ts'

/** The direction from the stream server to the viewer. */
export interface Relay {
  /** Bytes handed to the viewer's socket. */
  readonly bytes: number
  relay (streamServer: Socket, viewer: Socket): void
}

/** The tunnel whose bytes pass through this process. */
export class InProcessTunnel implements Tunnel {
  readonly closed: Promise<TunnelEnd>

  readonly #viewer: Socket
  readonly #streamServer: Socket
  readonly #downstream: Relay
  readonly #linger: Linger
  readonly #onInput: (() => void) | undefined
  readonly #headers: FrameHeaders | undefined
  readonly #unheard: ((viewer: Socket) => void) | undefined
  #answered = false
  #bytesFromViewer = 0
  #cause: TunnelCause | undefined

  /** Joins at once; call it in the turn in which the viewer was taken and the stream server connected. */
  constructor ({ viewer, streamServer, opening, early, clock, onInput, unheard }: Pair, downstream: Relay) {
    this.#viewer = viewer
    this.#streamServer = streamServer
    this.#downstream = downstream
    this.#onInput = onInput
    this.#headers = onInput && new FrameHeaders()
    this.#unheard = unheard
    this.#linger = new Linger(clock, () => this.bytesToViewer + this.bytesFromViewer, () => { this.destroy() })
    // A FIN is ours to pass on: neither socket may answer it by itself.
    viewer.allowHalfOpen = true

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
    streamServer.resume()
  }

  get bytesToViewer (): number {
    return this.#downstream.bytes
  }

  get bytesFromViewer (): number {
    return this.#bytesFromViewer
  }

  get viewerConnection (): string {
    return connectionName(this.#viewer)
  }

  viewerVanished (): void {
    this.#because('viewerVanished')
    this.destroy()
  }

  destroy (): void {
    this.#because('ended')
    this.#viewer.destroy()
    this.#streamServer.destroy()
  }

  /** A hot path in number, not in bytes: each move of a camera. Viewers say little, a few hundred bytes per gesture: a buffer that Node allocates for each read costs nothing that could be measured. */
  readonly #fromViewer = (chunk: Buffer): void => {
    if (!this.#streamServer.writable) return
    this.#bytesFromViewer += chunk.length
    if (this.#headers?.take(chunk)) this.#onInput?.()
    if (!this.#streamServer.write(chunk)) this.#viewer.pause()
  }

  #attend (side: Socket, other: Socket, name: 'viewer' | 'streamServer', resolve: (end: TunnelEnd) => void): void {
    side.on('error', () => { this.#because(`${name}Reset`) })
    side.on('end', () => {
      this.#because(`${name}Closed`)
      if (side === this.#viewer || !this.#answers()) other.end()
      if (!side.closed || !other.closed) this.#linger.begin()
    })
    side.on('close', () => {
      this.#because(`${name}Closed`)
      // After two FINs the other side may still be flushing; anything else is a loss, and losses are shared.
      if ((!side.readableEnded || !side.writableFinished) && (side === this.#viewer || !this.#answers())) other.destroy()
      if (!side.closed || !other.closed) return
      this.#linger.cancel()
      const { bytesToViewer, bytesFromViewer } = this
      resolve({ bytesToViewer, bytesFromViewer, cause: this.#because('ended') })
    })
  }

  /** The stream server has hung up: whether the viewer, which has heard nothing yet, is told so. */
  #answers (): boolean {
    if (this.#answered) return true
    if (this.#unheard === undefined || this.bytesToViewer > 0 || !this.#cause?.startsWith('streamServer')) return false
    this.#answered = true
    this.#unheard(this.#viewer)
    return true
  }

  #because (cause: TunnelCause): TunnelCause {
    this.#cause ??= cause
    return this.#cause
  }
}
