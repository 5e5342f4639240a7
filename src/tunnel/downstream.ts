import type { OnReadOpts, Socket } from 'node:net'

const smallBuffer = 16 * 1024
const largeBuffer = 64 * 1024

/**
 * The heavy direction, stream server to viewer. Everything is read into one buffer that is refilled only after
 * its bytes have left user space, so a connection costs no garbage per read, and a viewer that stops reading
 * stops the stream server too. The buffer starts at 16 KiB and becomes 64 KiB once a read fills it.
 *
 * `onread` goes to `net.connect`; `relay` must follow in the `connect` event, before the first byte is read.
 */
export class Downstream {
  /** Bytes handed to the viewer's socket. */
  bytes = 0

  #buffer = Buffer.allocUnsafeSlow(smallBuffer)
  #ends: { streamServer: Socket, viewer: Socket } | undefined
  #held = false

  readonly onread: OnReadOpts = {
    buffer: () => this.#buffer,
    callback: length => this.#arrived(length)
  }

  relay (streamServer: Socket, viewer: Socket): void {
    this.#ends = { streamServer, viewer }
  }

  /** True: the buffer is free, read on. False: the socket pauses until `#flushed`. */
  #arrived (length: number): boolean {
    const viewer = this.#ends?.viewer
    if (!viewer?.writable) return true
    this.bytes += length
    const buffer = this.#buffer
    // The outgrown buffer lives on in its write alone.
    if (length === buffer.length && length < largeBuffer) this.#buffer = Buffer.allocUnsafeSlow(largeBuffer)
    viewer.write(length === buffer.length ? buffer : buffer.subarray(0, length), this.#flushed)
    this.#held = viewer.writableLength > 0
    return !this.#held
  }

  /** One function for every write, so that Node batches the calls. */
  readonly #flushed = (): void => {
    if (!this.#held || this.#ends === undefined || this.#ends.viewer.writableLength > 0) return
    this.#held = false
    this.#ends.streamServer.resume()
  }
}
