import type { Clock } from '../clock.ts'
import { closeCodes, comingBack, reloadSeconds, subprotocol } from '../stream-server/protocol.ts'
import type { ClientMessage, ResumeMessage, ServerMessage, SessionMessage } from '../stream-server/protocol.ts'
import { closeWords, isOrderly } from './close-words.ts'
import { readServerMessage, StreamError } from './server-message.ts'
import type { WayBack } from './way-back.ts'

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
  /** The session that another page had is over: there is none, and another connection may be made. */
  gone (): void
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
  /** The session is another page's still: nothing has come to this one. */
  #anew = false
  #pause = pauses.first
  #cancel = (): void => {}
  #over = false

  /** `back`: instead of beginning a session it goes on with one. */
  constructor (endpointUri: string, clock: Clock, listener: StreamListener, back?: Pick<WayBack, 'key' | 'seconds'>) {
    this.#endpointUri = endpointUri
    this.#clock = clock
    this.#listener = listener
    if (back !== undefined) {
      this.#session = { type: 'session', key: back.key, graceSeconds: back.seconds }
      this.#lostAt = clock.now()
      this.#anew = true
    }
    this.#socket = this.#connect()
  }

  /** Nothing is said before the server has told that it goes on: by whatever it hears then it knows that its new key has come. */
  send (message: ClientMessage): void {
    if (this.#socket.readyState === WebSocket.OPEN && this.#lostAt === undefined) this.#socket.send(JSON.stringify(message))
  }

  /** The page goes away and may be loaded again: the session waits for it a little, if `keep` has kept how to go on with it. Else it is over. */
  depart (keep: (back: Pick<WayBack, 'endpointUri' | 'key' | 'seconds'>) => boolean): void {
    const session = this.#over ? undefined : this.#session
    const left = session === undefined ? 0 : session.graceSeconds - (this.#lostAt === undefined ? 0 : (this.#clock.now() - this.#lostAt) / 1000)
    if (session === undefined || left <= 0 || !keep({ endpointUri: this.#endpointUri, key: session.key, seconds: Math.min(reloadSeconds, left) })) return this.close()
    this.#over = true
    this.#cancel()
    this.#socket.close(comingBack)
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
    socket.onmessage = ({ data }: { data: string | ArrayBuffer }) => { this.#receive(data) }
    socket.onclose = ({ code, reason }) => { this.#closed(code, reason) }
    return socket
  }

  #opened (): void {
    if (this.#lostAt === undefined) return this.#listener.opened()
    const resume: ResumeMessage = { type: 'resume', key: this.#session?.key ?? '', ...this.#listener.progress(), ...this.#anew && { anew: true } }
    this.#socket.send(JSON.stringify(resume))
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
    this.#anew = false
    this.#pause = pauses.first
    this.#listener.restored()
  }

  #closed (code: number, reason: string): void {
    if (this.#over) return
    // Whoever knows the key is the viewer: the seat is taken only as long as the loss of the connection before was not noticed.
    const mayPass = this.#session !== undefined && (code === abnormal || code === closeCodes.occupied)
    if (this.#session === undefined || !mayPass) return this.#end(this.#explained ?? closeWords(code, reason), isOrderly(code))
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
    if (this.#anew) this.#listener.gone()
    else this.#listener.ended(words, orderly)
  }
}
