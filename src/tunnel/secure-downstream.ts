import type { Socket } from 'node:net'

/** The heavy direction where the stream server speaks TLS, whose bytes cannot be read into a buffer of ours: a viewer that stops reading stops the stream server. */
export class SecureDownstream {
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
