import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { Test } from 'tap'

/** Bytes that are let through together. */
const piece = 1024
/** Read ahead at most, as a router on the way would: what does not fit waits in the sender's buffers. */
const ahead = 65_536

/** A way to a port of this machine that takes so many bytes a second towards the viewer, for each connection. */
export class NarrowWay {
  bytesPerSecond: number
  readonly port: number
  #sockets = new Set<Socket>()

  private constructor (bytesPerSecond: number, port: number) {
    this.bytesPerSecond = bytesPerSecond
    this.port = port
  }

  static async open (t: Pick<Test, 'teardown'>, target: number, bytesPerSecond: number): Promise<NarrowWay> {
    const server = createServer({ noDelay: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const way = new NarrowWay(bytesPerSecond, (server.address() as AddressInfo).port)
    server.on('connection', near => { way.#carry(near, connect({ port: target, host: '127.0.0.1', noDelay: true })) })
    t.teardown(() => {
      server.close()
      for (const socket of way.#sockets) socket.destroy()
    })
    return way
  }

  #carry (near: Socket, far: Socket): void {
    for (const [socket, other] of [[near, far], [far, near]] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
    }
    near.pipe(far)
    const held: Buffer[] = []
    let bytes = 0
    let timer: NodeJS.Timeout | null = null
    /** When all that was let through has gone. */
    let gone = 0
    const go = () => {
      timer = null
      gone = Math.max(gone, performance.now() - 1)
      while (gone < performance.now()) {
        const next = held.shift()
        if (next === undefined) break
        const part = next.subarray(0, piece)
        if (next.length > piece) held.unshift(next.subarray(piece))
        bytes -= part.length
        gone += part.length / this.bytesPerSecond * 1000
        near.write(part)
      }
      if (bytes < ahead) far.resume()
      if (held.length > 0) timer = setTimeout(go, gone - performance.now())
    }
    far.on('data', (data: Buffer) => {
      held.push(data)
      bytes += data.length
      if (bytes >= ahead) far.pause()
      if (timer === null) go()
    })
    far.on('close', () => { if (timer !== null) clearTimeout(timer) })
  }
}
