import type { OnReadOpts, Socket } from 'node:net'
import { nextTurn } from '../next-turn.ts'
import { largeBuffers } from './large-buffers.ts'

const smallBuffer = 16 * 1024
/** Bytes after which everybody else has a turn, however fast both sides are: about a millisecond. */
const mostAtOnce = 2 * 1024 * 1024

/**
 * The heavy direction, stream server to viewer. Everything is read into one buffer that is refilled only after its bytes have left user
 * space, so no read allocates a buffer for what it brings (what is allocated is a view of the buffer where a read does not fill it, and Node's
 * request for each write), and a viewer that stops reading stops the stream server too. The buffer is a small one of its own; once a read
 * fills it, a large one is borrowed, until a read does not fill that and its bytes have left. So nobody has one while nothing comes.
 *
 * `onread` goes to `net.connect`; `relay` must follow in the `connect` event, before the first byte is read.
 */
export class Downstream {
  /** Bytes handed to the viewer's socket. */
  bytes = 0

  readonly #small = Buffer.allocUnsafeSlow(smallBuffer)
  #buffer: Buffer = this.#small
  #ends: { streamServer: Socket, viewer: Socket } | undefined
  /** The large buffer of the last read, where that did not fill it and is still being written. */
  #leaving: Buffer | undefined
  #held = false
  #yielding = false
  #atOnce = 0

  readonly onread: OnReadOpts = {
    buffer: () => this.#buffer,
    callback: length => this.#arrived(length)
  }

  relay (streamServer: Socket, viewer: Socket): void {
    this.#ends = { streamServer, viewer }
  }

  /** A hot path: all geometry and every picture passes here. True: the buffer is free, read on. False: the socket pauses until `#flushed`. */
  #arrived (length: number): boolean {
    const viewer = this.#ends?.viewer
    if (!viewer?.writable) return true
    this.bytes += length
    const buffer = this.#buffer
    viewer.write(length === buffer.length ? buffer : buffer.subarray(0, length), this.#flushed)
    this.#held = viewer.writableLength > 0
    this.#fit(length)
    this.#atOnce += length
    if (!this.#held && this.#atOnce >= mostAtOnce) {
      this.#held = this.#yielding = true
      nextTurn(this.#yielded)
    }
    return !this.#held
  }

  /** Chooses the buffer of the next read. After a large one it may be the small one at once: nothing has been in that since its own bytes left. */
  #fit (length: number): void {
    const buffer = this.#buffer
    if (buffer === this.#small) {
      if (length === smallBuffer) this.#buffer = largeBuffers.take()
    } else if (length < buffer.length) {
      this.#buffer = this.#small
      if (this.#held) this.#leaving = buffer
      else largeBuffers.give(buffer)
    }
  }

  /** One function for every write, so that Node batches the calls. Node calls it behind the read also where nothing had to wait. */
  readonly #flushed = (): void => {
    if (!this.#held || this.#yielding || this.#ends === undefined || this.#ends.viewer.writableLength > 0) return
    if (this.#leaving !== undefined) largeBuffers.give(this.#leaving)
    this.#leaving = undefined
    this.#held = false
    this.#atOnce = 0
    this.#ends.streamServer.resume()
  }

  readonly #yielded = (): void => {
    this.#yielding = false
    this.#flushed()
  }
}
