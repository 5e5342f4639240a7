import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { Clock } from '../clock.ts'
import { closeReason } from './close-reason.ts'
import { exitCodes } from './exit-codes.ts'
import type { ExitCode } from './exit-codes.ts'
import { Heartbeat } from './heartbeat.ts'
import { Liveliness, type Ending } from './liveliness.ts'
import type { Log } from './log.ts'
import { Catalogue } from './models/catalogue.ts'
import { PackStore } from './models/pack-store.ts'
import { usualMemoryMiB, usualTimeoutMs } from './models/preparation.ts'
import type { Options } from './options.ts'
import { closeCodes, comingBack, maxClientMessageBytes, reloadSeconds, subprotocol } from './protocol.ts'
import { Seat } from './seat.ts'
import { Viewer } from './viewer.ts'

/** For whoever connects to open or to come back. */
const openTimeoutMs = 10_000
/** Viewers at the door, who have neither opened nor come back yet. */
const mostCandidates = 8
/** For viewers to answer the close frame. */
const farewellMs = 400
const goingAway = 1001
const policyViolation = 1008
/** For a viewer whose socket was lost to come back with another, seconds; not for one that has no address to come back to. */
const usualGraceSeconds = 30
/** Close code of a socket that ended without a farewell. */
const lost = 1006

export interface StreamServerSettings {
  options: Options
  clock: Clock
  log: Log
  /** Path of the bundled `prepare.mjs`. */
  preparationProgram: string
  /** Path of the bundled `render.mjs`. */
  renderProgram: string
}

/** The process in one object: listens, seats one viewer, reports, and knows when it is over. */
export class StreamServer {
  /** Resolves with the exit code when the process has nothing left to do. */
  readonly finished: Promise<ExitCode>
  #finish: (code: ExitCode) => void = () => {}
  #settings: StreamServerSettings
  #server: Server
  #sockets: WebSocketServer
  #catalogue: Catalogue
  #packs: PackStore
  #liveliness: Liveliness | null = null
  #connections = new Map<WebSocket, Viewer>()
  #seat: Seat
  #lastActivity = 0
  #model: string | null = null
  /** What the viewer was warned of last. */
  #warned: Ending | null = null
  #cancelInitialUse = () => {}
  #ending = false

  /** Throws when a certificate cannot be read. Nothing runs before `start`. */
  constructor (settings: StreamServerSettings) {
    this.#settings = settings
    this.finished = new Promise(resolve => { this.#finish = resolve })
    const { options, clock } = settings
    this.#seat = new Seat(clock)
    this.#catalogue = new Catalogue(options.modelDirectories)
    this.#packs = new PackStore({ workspace: options.workspace, preparationProgram: settings.preparationProgram, preparationTimeoutMs: usualTimeoutMs, preparationMemoryMiB: usualMemoryMiB, mostBytes: options.cacheBytes, clock, log: settings.log })
    this.#server = options.tls
      ? createHttpsServer({ cert: readFileSync(options.tls.certificateFile), key: readFileSync(options.tls.privateKeyFile) }, refusePlainHttp)
      : createHttpServer(refusePlainHttp)
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: maxClientMessageBytes,
      perMessageDeflate: { threshold: 1024, clientNoContextTakeover: true, zlibDeflateOptions: { level: 5 } },
      // A browser drops a connection whose offer is not answered: take any, to be able to say what is wrong.
      handleProtocols: offered => offered.has(subprotocol) ? subprotocol : [...offered][0] ?? false
    })
    this.#server.on('upgrade', (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, connection => { this.#receive(connection, request.headers['slipway-way-back'] === 'none' ? 0 : usualGraceSeconds) })
    })
  }

  /** Listens and reports `ready`. Resolves with the port; rejects with the system's error when the address cannot be had. */
  async start (): Promise<number> {
    const { options, clock, log } = this.#settings
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ port: options.port, host: options.host, exclusive: true }, () => { resolve() })
    })
    this.#lastActivity = clock.now()
    if (options.initialUseSeconds > 0) {
      this.#cancelInitialUse = clock.after(options.initialUseSeconds * 1000, () => {
        log.info(`no viewer came in ${options.initialUseSeconds} s`)
        void this.stop(exitCodes.success)
      })
    }
    if (options.livelinessEndpoint !== null) {
      this.#liveliness = new Liveliness({
        endpoint: options.livelinessEndpoint,
        id: options.id,
        seconds: options.livelinessSeconds,
        unheardSeconds: options.unheardSeconds,
        clock,
        occupation: () => ({ viewers: this.#isHere ? 1 : 0, idle: Math.max(0, Math.floor((clock.now() - this.#lastActivity) / 1000)), model: this.#model }),
        onEnding: ending => { this.#warn(ending) },
        onUnheard: reason => {
          log.info(`nobody takes the reports any more (${reason}): ending`)
          void this.stop(exitCodes.unexpected)
        }
      })
      void this.#liveliness.ready()
    }
    const { port } = this.#server.address() as AddressInfo
    log.info(`listening on ${options.host}:${port}`)
    return port
  }

  /** Closes the viewer, the port and every timer, says `disconnect`, then resolves `finished`. The first code counts. */
  async stop (code: ExitCode): Promise<void> {
    if (this.#ending) return
    this.#ending = true
    this.#cancelInitialUse()
    this.#seat.close()
    for (const viewer of this.#connections.values()) viewer.close(goingAway, 'The stream server ends.')
    this.#seat.viewer?.release()
    const closed = new Promise<void>(resolve => this.#server.close(() => { resolve() }))
    await Promise.all([this.#liveliness?.disconnect(), this.#farewell(), this.#packs.close()])
    for (const connection of this.#sockets.clients) connection.terminate()
    this.#server.closeAllConnections()
    await closed
    this.#finish(code)
  }

  /** Resolves when the viewers have closed their side too, or after the time they have for it. */
  async #farewell (): Promise<void> {
    if (this.#connections.size === 0) return
    let cancel = () => {}
    await Promise.race([
      Promise.all([...this.#connections.keys()].map(connection => new Promise(resolve => connection.once('close', resolve)))),
      new Promise<void>(resolve => { cancel = this.#settings.clock.after(farewellMs, resolve) })
    ])
    cancel()
  }

  #receive (connection: WebSocket, graceSeconds: number): void {
    const { options, clock, log } = this.#settings
    const refuse = (code: number, reason: string) => {
      log.info(`connection refused: ${reason}`)
      connection.on('error', () => {})
      connection.close(code, closeReason(reason))
      const cancel = clock.after(openTimeoutMs, () => { connection.terminate() })
      connection.on('close', cancel)
    }
    if (connection.protocol !== subprotocol) return refuse(closeCodes.unsupportedViewer, 'a HOOPS viewer needs ts3d_sc_server; set SLIPWAY_STREAM_SERVER')
    if (this.#ending) return refuse(goingAway, 'The stream server ends.')
    // While the seat is taken, whoever knocks may still be the one who lost it.
    if (this.#connections.size >= mostCandidates) return refuse(closeCodes.occupied, 'This stream server has a viewer already.')

    const viewer: Viewer = new Viewer(connection, {
      catalogue: this.#catalogue,
      packs: this.#packs,
      model: options.model,
      token: options.sessionToken,
      renderProgram: options.rendering ? this.#settings.renderProgram : null,
      clock,
      log,
      admit: () => this.#admit(viewer),
      onModel: model => {
        this.#model = model
        this.#liveliness?.ping()
      },
      onActivity: () => { this.#used() },
      graceSeconds,
      seek: key => this.#takeBack(connection, key)
    })
    this.#connections.set(connection, viewer)
    const heartbeat = new Heartbeat(connection, clock)
    const cancelOpen = clock.after(openTimeoutMs, () => {
      const knocking = this.#connections.get(connection)
      if (knocking === this.#seat.viewer) return
      if (options.sessionToken === null) knocking?.close(policyViolation, 'Nothing was opened in time.')
      else knocking?.close(closeCodes.badToken, 'No session token was presented in time.')
    })
    connection.on('close', code => {
      heartbeat.close()
      cancelOpen()
      const left = this.#connections.get(connection)
      this.#connections.delete(connection)
      if (this.#ending || left === undefined) return
      if (left !== this.#seat.viewer) {
        left.release()
        // Whoever has no way back is the only one who would have come.
        if (graceSeconds === 0 && options.sessionToken === null && this.#seat.viewer === null) this.#vacate('the viewer has left')
        return
      }
      const away = code === lost ? graceSeconds : code === comingBack ? Math.min(reloadSeconds, graceSeconds) : 0
      if (away === 0 || !left.canComeBack) return this.#vacate('the viewer has left')
      left.lose()
      log.info(`${code === lost ? 'the viewer\'s connection was lost' : 'the viewer\'s page has gone'}: ${away} s to come back`)
      this.#liveliness?.ping()
      this.#seat.keep(away, () => { this.#vacate('the viewer did not come back') })
    })
  }

  /** The viewer does something: what it was warned of is off, and the service hears of it at once. */
  #used (): void {
    this.#lastActivity = this.#settings.clock.now()
    if (this.#warned?.reason !== 'idle_timeout') return
    this.#warn(null)
    this.#liveliness?.ping()
  }

  #warn (ending: Ending | null): void {
    if (ending === null && this.#warned === null) return
    this.#warned = ending
    this.#seat.viewer?.warn(ending)
  }

  #vacate (why: string): void {
    this.#settings.log.info(why)
    this.#seat.viewer?.release()
    void this.stop(exitCodes.success)
  }

  /** The seated viewer, if `key` is its own and it has something to say to whoever comes back, with its next one: from now on `connection` is its socket. */
  #takeBack (connection: WebSocket, key: string): { viewer: Viewer, key: string } | null {
    const back = this.#ending || this.#seat.viewer?.isWorthSeeking !== true ? null : this.#seat.reclaim(key)
    if (back === null) return null
    for (const [other, owner] of this.#connections) if (owner === back.viewer) this.#connections.delete(other)
    this.#connections.set(connection, back.viewer)
    // It says nothing here before it has heard its new key.
    connection.once('message', () => { this.#seat.confirm() })
    this.#liveliness?.ping()
    return back
  }

  get #isHere (): boolean {
    return [...this.#connections.values()].some(viewer => viewer === this.#seat.viewer)
  }

  /** Gives the seat to `viewer`; the answer is its key, or null where it is another's. */
  #admit (viewer: Viewer): string | null {
    const isFree = this.#seat.viewer === null
    const key = this.#seat.take(viewer)
    if (!isFree) return key
    const { clock, log } = this.#settings
    this.#cancelInitialUse()
    this.#lastActivity = clock.now()
    this.#liveliness?.ping()
    log.info('a viewer has come')
    for (const other of this.#connections.values()) {
      if (other !== viewer) other.close(closeCodes.occupied, 'This stream server has a viewer already.')
    }
    return key
  }
}

function refusePlainHttp (_: unknown, response: ServerResponse): void {
  response.writeHead(426, { 'content-type': 'text/plain; charset=utf-8', connection: 'close', upgrade: 'websocket' })
  response.end('This is a stream server: it speaks WebSocket only.\n')
}
