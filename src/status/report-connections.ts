import type { Server, Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { readReportLine } from './report-line.ts'
import type { Report } from './report.ts'

export interface ReportConnectionsOptions {
  /** Whether reports are taken from whoever is at the other end of a new connection. */
  hears: (socket: Socket) => boolean
  /** Whether we may be called by this name (the `Host` header). */
  answersTo: (host: string, socket: Socket) => boolean
  /** Takes a report; false: somebody else has to say what is wrong with it. */
  take: (id: string, report: Report) => boolean
  /** Header lines of the answer to this session's report, each with its line end; absent: none. */
  more?: (id: string) => string
  /** Header lines of every answer, each with its line end. */
  headers: string
  clock: Clock
}

/** Milliseconds a connection may be idle, as long as those that HTTP keeps open. */
const idle = 72_000

/** Headers that say nothing of whoever sent a report, or only what is looked at here. */
const plainHeader = /^(?:(?:host|accept|user-agent|content-type):[\t\x20-\x7e]*|content-length: *0|connection: *(?:keep-alive|close))$/i
const hostHeader = /^host: *(\S+)$/i
const asksToClose = /^connection: *close$/i

/**
 * A hot path: stream servers report far more often than anybody asks for anything, and HTTP costs several times what a report does. So
 * connections from this machine are read here first. As long as each request is a whole plain report, it is answered at once; with the
 * first that is anything else, the connection becomes the server's for good, and not a byte of it is missing.
 */
export class ReportConnections {
  readonly #options: ReportConnectionsOptions
  readonly #serve: (socket: Socket) => void
  readonly #open = new Set<Socket>()
  /** What stood below the request line of the last report: nearly always the same again, and then read already. */
  #known = { text: '', closes: false }
  #closed = false

  /**
   * To be called before the server listens.
   * @param event by which the server gets its connections: `connection`, with TLS `secureConnection`
   */
  constructor (server: Server, event: 'connection' | 'secureConnection', options: ReportConnectionsOptions) {
    this.#options = options
    const listeners = server.listeners(event) as Array<(socket: Socket) => void>
    this.#serve = socket => { for (const listener of listeners) listener.call(server, socket) }
    server.removeAllListeners(event)
    server.on(event, (socket: Socket) => {
      if (this.#closed || !options.hears(socket)) this.#serve(socket)
      else this.#read(socket)
    })
  }

  /** Ends the connections that are read here; later ones are all the server's. Calling twice is nothing. */
  close (): void {
    this.#closed = true
    for (const socket of this.#open) socket.destroy()
  }

  #read (socket: Socket): void {
    this.#open.add(socket)
    socket.setTimeout(idle)
    const heard = (bytes: Buffer) => {
      const answer = this.#answer(bytes, socket)
      if (answer === undefined) {
        leave()
        socket.setTimeout(0)
        for (const event of ['end', 'timeout', 'error'] as const) socket.off(event, drop)
        this.#serve(socket)
        // After the server has begun to listen, so that not a byte of it is missed.
        socket.unshift(bytes)
      } else if (answer.closes) socket.end(answer.text, 'latin1')
      else socket.write(answer.text, 'latin1')
    }
    const leave = () => {
      this.#open.delete(socket)
      socket.off('data', heard)
      socket.off('close', leave)
    }
    const drop = () => { socket.destroy() }
    socket.on('data', heard)
    socket.on('close', leave)
    for (const event of ['end', 'timeout', 'error'] as const) socket.on(event, drop)
  }

  /** What a request that is a plain report is answered; undefined: it is anything else. */
  #answer (bytes: Buffer, socket: Socket): { text: string, closes: boolean } | undefined {
    const text = bytes.toString('latin1')
    const line = text.indexOf(' HTTP/1.1\r\n')
    if (line === -1 || !text.startsWith('POST /')) return undefined
    const below = text.slice(line + 11)
    if (below !== this.#known.text && !this.#isPlain(below, socket)) return undefined
    const report = readReportLine(text.slice(5, line))
    if (report === undefined || !this.#options.take(report.id, report.report)) return undefined
    const { closes } = this.#known
    return { text: `HTTP/1.1 200 OK\r\ncontent-length: 0\r\n${this.#options.headers}${this.#options.more?.(report.id) ?? ''}date: ${new Date(this.#options.clock.now()).toUTCString()}\r\n${closes ? 'connection: close\r\n' : ''}\r\n`, closes }
  }

  /** Whether these are header lines of a request without a body, complete and without anything that would have to be weighed; remembers them. */
  #isPlain (below: string, socket: Socket): boolean {
    const end = below.indexOf('\r\n\r\n')
    if (end !== below.length - 4) return false
    const lines = below.slice(0, end).split('\r\n')
    const [host, another] = lines.flatMap(line => hostHeader.exec(line)?.[1] ?? [])
    if (host === undefined || another !== undefined || !lines.every(line => plainHeader.test(line)) || !this.#options.answersTo(host, socket)) return false
    this.#known = { text: below, closes: lines.some(line => asksToClose.test(line)) }
    return true
  }
}
