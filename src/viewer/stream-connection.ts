import type { Clock } from '../clock.ts'
import { subprotocol } from '../stream-server/protocol.ts'
import type { ClientMessage, ResumeMessage, ServerMessage, SessionMessage } from '../stream-server/protocol.ts'
import { closeWords, isOrderly } from './close-words.ts'
import { readServerMessage, StreamError } from './server-message.ts'

export interface StreamListener {
  opened (): void
  message (message: ServerMessage): void
  /** One complete GLB file. */
  glb (bytes: ArrayBuffer): void
  /** The network is gone; the connection is tried for again. Nothing that is sent until then arrives. */
  lost (): void
  /** What has come so far, for a server that goes on after it. */
  progress (): Pick<ResumeMessage, 'scene' | 'bytes'>
  /** There is a connection again and the server goes on; what it was told while there was none has to be said again. */
  restored (): void
  /** Called once, whatever ended the stream, unless we closed it; `words` is a sentence for people, `orderly` that nothing went wrong. */
  ended (words: string, orderly: boolean): void
}

/** Ours to give: the viewer could not make sense of what it was sent. */
const notUnderstood = 4002
/** What a browser says of a socket that ended without a farewell. */
const abnormal = 1006
/** Waits between two tries to connect again, milliseconds: from the first on twice as long each time. */
const pauses = { first: 250, longest: 4000 }

/** The viewer's end of the line to its stream server: one WebSocket, and another one where the network takes it away. */
export class StreamConnection {
  readonly #endpointUri: string
  readonly #clock: Clock
  readonly #listener: StreamListener
  #socket: WebSocket
  /** What the server needs to know us again. */
  #session: SessionMessage | undefined
  #explained: string | undefined
  /** When the connection was lost, in the clock's milliseconds; undefined while there is one. */
  #lostAt: number | undefined
  #pause = pauses.first
  #cancel = (): void => {}
  #over = false

  constructor (endpointUri: string, clock: Clock, listener: StreamListener) {
    this.#endpointUri = endpointUri
    this.#clock = clock
    this.#listener = listener
    this.#socket = this.#connect()
  }

  send (message: ClientMessage): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  /** Ends the session, and with it its stream server. */
  close (): void {
    this.#over = true
    this.#cancel()
    this.#socket.close(1000)
  }

  /** Gives up on a server that cannot be understood. */
  fail (words: string): void {
    if (!this.#over) this.#socket.close(notUnderstood)
    this.#end(words, false)
  }

  #connect (): WebSocket {
    const socket = new WebSocket(this.#endpointUri, subprotocol)
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      if (socket.protocol === subprotocol) this.#opened()
      else this.fail('The server at this address is no stream server that this viewer knows.')
    }
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => { this.#receive(data) }
    socket.onclose = ({ code, reason }) => { this.#closed(code, reason) }
    return socket
  }

  #opened (): void {
    if (this.#lostAt === undefined) return this.#listener.opened()
    this.send({ type: 'resume', key: this.#session?.key ?? '', ...this.#listener.progress() })
  }

  #receive (data: string | ArrayBuffer): void {
    if (this.#over) return
    try {
      if (typeof data === 'string') this.#read(data)
      else this.#listener.glb(data)
    } catch (error) {
      if (!(error instanceof StreamError)) console.error(error)
      this.fail(error instanceof StreamError ? error.message : `The viewer had an error of its own: ${String(error)}`)
    }
  }

  #read (text: string): void {
    const message = readServerMessage(text)
    if (message.type === 'error') this.#explained = message.message
    if (message.type !== 'session') return this.#listener.message(message)
    this.#session = message
    if (this.#lostAt === undefined) return
    this.#lostAt = undefined
    this.#pause = pauses.first
    this.#listener.restored()
  }

  #closed (code: number, reason: string): void {
    if (this.#over) return
    if (code !== abnormal || this.#session === undefined) return this.#end(this.#explained ?? closeWords(code, reason), isOrderly(code))
    const now = this.#clock.now()
    if (this.#lostAt === undefined) {
      this.#lostAt = now
      this.#listener.lost()
    }
    if (now - this.#lostAt >= this.#session.graceSeconds * 1000) return this.#end(closeWords(code, reason), false)
    this.#cancel = this.#clock.after(this.#pause, () => { this.#socket = this.#connect() })
    this.#pause = Math.min(pauses.longest, this.#pause * 2)
  }

  #end (words: string, orderly: boolean): void {
    if (this.#over) return
    this.#over = true
    this.#cancel()
    this.#listener.ended(words, orderly)
  }
}
