import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface Answer { status: number, body: string }

/** Milliseconds an answer may take. */
const patience = 30_000

/** One kept connection over which one request after the other is made; cheaper than any HTTP client, so that it is not the client that is measured. */
export class HttpLine {
  readonly #socket: Socket
  readonly #port: number
  #text = ''
  #waiting: { resolve: (answer: Answer) => void, reject: (error: Error) => void } | undefined

  private constructor (socket: Socket, port: number) {
    this.#socket = socket
    this.#port = port
    socket.setNoDelay(true).setEncoding('latin1').setTimeout(patience)
    socket.on('data', (text: string) => { this.#arrived(text) })
    socket.on('timeout', () => { socket.destroy(new Error(`no answer on port ${port} within ${patience / 1000} s`)) })
    socket.on('error', error => { this.#waiting?.reject(error) })
    socket.on('close', () => { this.#waiting?.reject(new Error(`port ${port} hung up`)) })
  }

  static async open (port: number): Promise<HttpLine> {
    const socket = connect({ host: '127.0.0.1', port })
    await once(socket, 'connect')
    return new HttpLine(socket, port)
  }

  /** One request without a body at a time. */
  ask (method: string, path: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${this.#port}\r\nContent-Length: 0\r\n\r\n`)
    })
  }

  close (): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }

  #arrived (text: string): void {
    this.#text += text
    const head = this.#text.indexOf('\r\n\r\n')
    if (head === -1) return
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#text.slice(0, head))?.[1] ?? 0)
    if (this.#text.length < head + 4 + length) return
    const answer = { status: Number(this.#text.slice(9, 12)), body: this.#text.slice(head + 4, head + 4 + length) }
    this.#text = this.#text.slice(head + 4 + length)
    this.#waiting?.resolve(answer)
  }
}
