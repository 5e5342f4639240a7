import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Test } from 'tap'
import type { WebSocket } from 'ws'

/** A viewer down to its bytes, for what no WebSocket library lets one do. */
export class RawViewer {
  readonly socket: Socket
  #heard = Buffer.alloc(0)
  #looks = new Set<() => void>()

  private constructor (socket: Socket) {
    this.socket = socket
    socket.on('data', chunk => {
      this.#heard = Buffer.concat([this.#heard, chunk])
      for (const look of [...this.#looks]) look()
    })
    socket.on('error', () => {})
    socket.on('close', () => { for (const look of [...this.#looks]) look() })
  }

  static async connect (t: Test, port: number): Promise<RawViewer> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    t.teardown(() => { socket.destroy() })
    await once(socket, 'connect')
    return new RawViewer(socket)
  }

  say (...bytes: (string | Buffer)[]): void {
    this.socket.write(Buffer.concat(bytes.map(part => Buffer.from(part))))
  }

  /** The next `length` bytes. @throws Error when the socket closes before. */
  async hear (length: number): Promise<Buffer> {
    await this.#until(() => this.#heard.length >= length)
    return this.#cut(length)
  }

  /** Status line and headers of an HTTP answer, without what follows. */
  async head (): Promise<string> {
    await this.#until(() => this.#heard.includes('\r\n\r\n'))
    return String(this.#cut(this.#heard.indexOf('\r\n\r\n') + 4))
  }

  /** One frame of the server: unmasked. */
  async frame (): Promise<{ opcode: number, payload: Buffer }> {
    const [first = 0, short = 0] = await this.hear(2)
    const extended = short === 127 ? await this.hear(8) : short === 126 ? await this.hear(2) : Buffer.of(short)
    const length = short === 127 ? Number(extended.readBigUInt64BE()) : extended.readUIntBE(0, extended.length)
    return { opcode: first & 0x0f, payload: await this.hear(length) }
  }

  /** Everything up to the end of the connection. */
  async rest (): Promise<string> {
    if (!this.socket.readableEnded && !this.socket.closed) await Promise.race([once(this.socket, 'end'), once(this.socket, 'close')])
    return String(this.#cut(this.#heard.length))
  }

  #cut (length: number): Buffer {
    const cut = this.#heard.subarray(0, length)
    this.#heard = this.#heard.subarray(length)
    return cut
  }

  #until (enough: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (enough()) resolve()
        else if (this.socket.closed || this.socket.readableEnded) reject(new Error(`closed after ${String(this.#heard)}`))
        else return
        this.#looks.delete(look)
        this.socket.off('end', look)
      }
      this.#looks.add(look)
      this.socket.once('end', look)
      look()
    })
  }
}

/** An upgrade request; `null` leaves a header out. */
export function upgradeRequest (path = '/', headers: Record<string, string | null> = {}): string {
  const all: Record<string, string | null> = {
    Host: '127.0.0.1',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    ...headers
  }
  const lines = Object.entries(all).flatMap(([name, value]) => value === null ? [] : [`${name}: ${value}`])
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

/** A client's text frame of less than 126 bytes, masked as it must be. */
export function textFrame (text: string): Buffer {
  const payload = Buffer.from(text)
  const mask = Buffer.of(1, 2, 3, 4)
  return Buffer.concat([Buffer.of(0x81, 0x80 | payload.length), mask, payload.map((byte, i) => byte ^ (mask[i & 3] ?? 0))])
}

/** Resolves when a viewer's connection is over, however it ends. */
export async function parted (viewer: WebSocket): Promise<void> {
  viewer.on('error', () => {})
  await new Promise<void>(resolve => { viewer.once('close', () => { resolve() }) })
}
