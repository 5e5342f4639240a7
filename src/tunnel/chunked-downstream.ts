import type { Socket } from 'node:net'

/**
 * The heavy direction where there is no buffer of ours to read into, because the stream server speaks TLS or the carrier was to have the viewer: a viewer that stops reading
 * stops the stream server. Node allocates a buffer for each read here. A hot path where stream servers speak TLS.
 */
export class ChunkedDownstream {
  /** Bytes handed to the viewer's socket. */
  bytes = 0

  relay (streamServer: Socket, viewer: Socket): void {
    streamServer.on('data', (chunk: Buffer) => {
      if (!viewer.writable) return
      this.bytes += chunk.length
      if (!viewer.write(chunk)) streamServer.pause()
    })
    viewer.on('drain', () => { streamServer.resume() })
  }
}
