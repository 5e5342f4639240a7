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
 * fills it, a large one is borrowed until a read brings less than the small one holds.
 *
 * `onread` goes to `net.connect`; `relay` must follow in the `connect` event, before the first byte is read.
 */
export class Downstream {
  /** Bytes handed to the viewer's socket. */
  bytes = 0

  readonly #small = Buffer.allocUnsafeSlow(smallBuffer)
  #buffer: Buffer = this.#small
  #ends: { streamServer: Socket, viewer: Socket } | undefined
  #held = false
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
      this.#held = true
      nextTurn(this.#flushed)
    }
    return !this.#held
  }

  /** Chooses the buffer of the next read. One that is still being written is nobody else's. */
  #fit (length: number): void {
    if (this.#buffer === this.#small) {
      if (length === smallBuffer) this.#buffer = largeBuffers.take()
    } else if (length < smallBuffer && !this.#held) {
      largeBuffers.give(this.#buffer)
      this.#buffer = this.#small
    }
  }

  /** One function for every write, so that Node batches the calls. */
  readonly #flushed = (): void => {
    if (!this.#held || this.#ends === undefined || this.#ends.viewer.writableLength > 0) return
    this.#held = false
    this.#atOnce = 0
    this.#ends.streamServer.resume()
  }
}
