import { WebSocket } from 'ws'
import type { RawData } from 'ws'
import { closeReason } from './close-reason.ts'
import type { ServerMessage } from './protocol.ts'

export interface ViewerLineListener {
  heard: (data: RawData, isBinary: boolean) => void
  /** A ping was answered. */
  ponged: (mark: string) => void
  /** Something that was accepted has left. */
  room: () => void
  failed: (error: Error) => void
}

/** The line to one viewer: over one socket after the other, and over none while it is lost. What is sent then is forgotten. */
export class ViewerLine {
  #socket: WebSocket | null = null
  #listener: ViewerLineListener

  constructor (listener: ViewerLineListener) {
    this.#listener = listener
  }

  /** Bytes that were accepted and have not left yet; infinite while there is no socket. */
  get buffered (): number {
    return this.#socket?.bufferedAmount ?? Infinity
  }

  /** Goes on over this socket; the one before, if it is still there, is given up. */
  take (socket: WebSocket): void {
    const old = this.#socket
    this.#socket = socket
    socket.on('message', (data, isBinary) => { if (this.#socket === socket) this.#listener.heard(data, isBinary) })
    socket.on('pong', mark => { if (this.#socket === socket) this.#listener.ponged(mark.toString('latin1')) })
    socket.on('error', error => { this.#listener.failed(error) })
    old?.terminate()
  }

  /** Leaves the socket to itself and answers it. */
  letGo (): WebSocket | null {
    const socket = this.#socket
    this.#socket = null
    return socket
  }

  say (message: ServerMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message), this.#listener.room)
  }

  /** `compress`: it has something in it that can be made smaller. */
  sendFile (file: Buffer, compress: boolean): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(file, { binary: true, compress }, this.#listener.room)
  }

  /** `mark` is at most 125 characters of Latin-1. */
  ping (mark: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.ping(mark)
  }

  /** In good manners. */
  close (code: number, reason: string): void {
    this.#socket?.close(code, closeReason(reason))
  }
}
