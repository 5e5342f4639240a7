import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** Why a parked viewer is no longer there. */
export type Parting = 'closed' | 'reset' | 'overflow'

/** What a tunnel or a refusal receives: the socket, paused, and every byte it has said so far, in order. */
export interface TakenSocket {
  socket: Socket
  early: Buffer
}

/** A well-behaved viewer says nothing before its 101, so this is generous. */
const mostEarlyBytes = 64 * 1024

/**
 * A viewer whose upgrade waits for an answer. The socket is read from the first instant, because an unread one
 * tells nothing: a viewer that hangs up while its stream server starts is noticed here, through `gone`, and a
 * reset is never an uncaught error. What arrives early is kept, up to 64 KiB; a viewer that says more is dropped.
 */
export class ParkedSocket {
  readonly #socket: Socket
  readonly #gone = new AbortController()
  #early: Buffer[] = []
  #earlyBytes = 0
  #state: 'parked' | 'taken' | 'gone' = 'parked'

  /** @param head what the HTTP parser had already read behind the request */
  constructor (socket: Socket, head: Buffer) {
    this.#socket = socket
    socket.setTimeout(0)
    socket.on('error', this.#onError)
    socket.on('end', this.#onClosed)
    socket.on('close', this.#onClosed)
    this.#keep(head)
    if (socket.destroyed) this.#leave('closed')
    if (this.#state === 'parked') socket.on('data', this.#keep).resume()
  }

  /** Whether the viewer speaks TLS to us. */
  get encrypted (): boolean {
    return this.#socket instanceof TLSSocket
  }

  /** Aborted once, with a `Parting` as its reason, when the viewer leaves before anybody took its socket. */
  get gone (): AbortSignal {
    return this.#gone.signal
  }

  /**
   * Hands the socket over, paused; the new owner listens and resumes in the same turn of the event loop.
   * `undefined` when the viewer has gone, or when somebody took it before: a socket has one owner.
   */
  take (): TakenSocket | undefined {
    if (this.#state !== 'parked') return undefined
    this.#state = 'taken'
    this.#socket.pause()
    this.#forsake()
    return { socket: this.#socket, early: Buffer.concat(this.#early.splice(0)) }
  }

  /** Closes the socket unless somebody took it. Calling it again is nothing. */
  destroy (): void {
    if (this.#state === 'parked') this.#leave('closed')
  }

  readonly #keep = (chunk: Buffer): void => {
    this.#earlyBytes += chunk.length
    if (this.#earlyBytes > mostEarlyBytes) return this.#leave('overflow')
    if (chunk.length > 0) this.#early.push(chunk)
  }

  /** Stays on the socket for good: whoever owns it later, an error there is never uncaught. */
  readonly #onError = (): void => {
    if (this.#state === 'parked') this.#leave('reset')
  }

  readonly #onClosed = (): void => { this.#leave('closed') }

  #forsake (): void {
    this.#socket.off('data', this.#keep)
    this.#socket.off('end', this.#onClosed)
    this.#socket.off('close', this.#onClosed)
  }

  #leave (parting: Parting): void {
    this.#state = 'gone'
    this.#early = []
    this.#forsake()
    this.#socket.destroy()
    this.#gone.abort(parting)
  }
}
