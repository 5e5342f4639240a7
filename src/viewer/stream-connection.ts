import { subprotocol } from '../stream-server/protocol.ts'
import type { ClientMessage, ServerMessage } from '../stream-server/protocol.ts'
import { closeWords, isOrderly } from './close-words.ts'
import { readServerMessage, StreamError } from './server-message.ts'

export interface StreamListener {
  opened (): void
  message (message: ServerMessage): void
  /** One complete GLB file. */
  glb (bytes: ArrayBuffer): void
  /** Called once, whatever ended the stream, unless we closed it; `words` is a sentence for people, `orderly` that nothing went wrong. */
  ended (words: string, orderly: boolean): void
}

/** Ours to give: the viewer could not make sense of what it was sent. */
const notUnderstood = 4002

/** The viewer's end of the one WebSocket to its stream server. */
export class StreamConnection {
  readonly #socket: WebSocket
  readonly #listener: StreamListener
  #explained: string | undefined
  #over = false

  constructor (endpointUri: string, listener: StreamListener) {
    this.#listener = listener
    this.#socket = new WebSocket(endpointUri, subprotocol)
    this.#socket.binaryType = 'arraybuffer'
    this.#socket.onopen = () => {
      if (this.#socket.protocol === subprotocol) listener.opened()
      else this.fail('The server at this address is no stream server that this viewer knows.')
    }
    this.#socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => { this.#receive(data) }
    this.#socket.onclose = ({ code, reason }) => { this.#end(this.#explained ?? closeWords(code, reason), isOrderly(code)) }
  }

  send (message: ClientMessage): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  /** Ends the session, and with it its stream server. */
  close (): void {
    this.#over = true
    this.#socket.close(1000)
  }

  /** Gives up on a server that cannot be understood. */
  fail (words: string): void {
    if (!this.#over) this.#socket.close(notUnderstood)
    this.#end(words, false)
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
    this.#listener.message(message)
  }

  #end (words: string, orderly: boolean): void {
    if (this.#over) return
    this.#over = true
    this.#listener.ended(words, orderly)
  }
}
