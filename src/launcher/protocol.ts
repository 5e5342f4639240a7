import type { ChildExit, ChildOutput, KeptChild, ProcessIdentity, StartOrder } from '../spawning/launcher.ts'

/**
 * Goes up with every change of what follows, start orders included. The native launcher has a number of its own (`native/launcher/order.h`),
 * and is left alone where they differ.
 */
export const PROTOCOL_VERSION = 1

/**
 * What the service and the launcher process say to each other: one JSON object per line, orders on the launcher's descriptor 3,
 * answers on its descriptor 4. Orders are obeyed in the order they were written. The end of the orders means that the service is gone.
 * A kept launcher outlives its service: it is spoken to over a UNIX socket instead. The native launcher is never kept.
 */
export type Order =
  | { type: 'start', order: StartOrder }
  | { type: 'signal', id: string, signal: 'SIGTERM' | 'SIGKILL' }
  /** Kill what is alive, tell every exit, leave. */
  | { type: 'close' }
  /** To a kept launcher, first: whoever knows its key is its service, which may be away for so many seconds. */
  | { type: 'hello', version: number, key: string, seconds: number }
  /** To a kept launcher: this exit was heard, and need not be told to the next service. */
  | { type: 'heard', id: string }

/** Every `start` is answered by one `started` or one `failed`; every `started` is followed by one `exited`, `output` may lie between. */
export type Answer =
  /** Said once, first: the launcher runs and reads its orders. */
  | { type: 'ready' }
  | ({ type: 'started', id: string } & ProcessIdentity)
  /** The service turns it into words that help. */
  | { type: 'failed', id: string, code: string, message: string }
  | ({ type: 'exited' } & ChildExit)
  /**
   * What a child said, only where its start order asked for it (`order.tellOutput`), between its `started` and its `exited`:
   * `{"type":"output","id":"…","stream":"stdout","lines":["…"],"leftOut":0}`. Secrets are taken out as everywhere, bytes that are no
   * UTF-8 are `?`, lines have neither their newline nor a carriage return before it. A line of more than 1000 bytes is its first 1000
   * bytes and `…`. Lines are gathered for 250 ms, of which 25 of each stream are told and the others counted in `leftOut`. What is left
   * when the child has ended, a last line without a newline too, is told before its `exited`. While the service does not read, output may be dropped; nothing else may.
   */
  | ({ type: 'output' } & ChildOutput)
  /** The answer to `hello`: who the launcher is, and its children. The exits of those that have ended follow. */
  | { type: 'welcome', launcher: ProcessIdentity, children: KeptChild[] }
  /** The other answer to `hello`: it has a service, or speaks another version. */
  | { type: 'refused', why: 'busy' | 'version' }

/** Most bytes of one line. Linux refuses command lines and environments of more than 2 MiB anyway. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024

const NEWLINE = 0x0a

/** One message as a line, its newline included. */
export function encode (message: Order | Answer): string {
  return `${JSON.stringify(message)}\n`
}

/** Puts the chunks of a pipe together again, whatever their borders, and parses each line once it is complete. */
export class MessageReader<Message extends Order | Answer> {
  readonly #type: (value: unknown) => value is Message
  #pieces: Buffer[] = []
  #bytes = 0

  /** @param type tells a message of this direction from anything else: `isOrder` or `isAnswer`. */
  constructor (type: (value: unknown) => value is Message) {
    this.#type = type
  }

  /**
   * The messages that this chunk completes, oldest first.
   * @throws Error when a line is longer than `MAX_LINE_BYTES`, is not JSON or is not a message: the other side cannot be trusted any more.
   */
  push (chunk: Buffer): Message[] {
    const messages: Message[] = []
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, end))
      messages.push(this.#parse(Buffer.concat(this.#pieces, this.#bytes).toString('utf8')))
      this.#pieces = []
      this.#bytes = 0
      from = end + 1
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from))
    return messages
  }

  #keep (piece: Buffer): void {
    this.#bytes += piece.length
    if (this.#bytes > MAX_LINE_BYTES) throw new Error(`a line of more than ${MAX_LINE_BYTES} bytes`)
    this.#pieces.push(piece)
  }

  #parse (line: string): Message {
    const value: unknown = JSON.parse(line)
    if (!this.#type(value)) throw new Error(`not a message: ${line.slice(0, 80)}`)
    return value
  }
}

/** Whether a parsed line is an order. Both ends are built together, so only the tag is looked at. */
export function isOrder (value: unknown): value is Order {
  return isTagged(value, ['start', 'signal', 'close', 'hello', 'heard'])
}

/** Whether a parsed line is an answer. */
export function isAnswer (value: unknown): value is Answer {
  return isTagged(value, ['ready', 'started', 'failed', 'exited', 'output', 'welcome', 'refused'])
}

function isTagged (value: unknown, types: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && 'type' in value && types.some(type => type === value.type)
}
