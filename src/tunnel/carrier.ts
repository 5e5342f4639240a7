import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { CrashLoop } from '../crash-loop.ts'
import { startCarrier, type CarrierEnd, type CarrierProcess } from './carrier-process.ts'
import { HandedTunnel } from './handed-tunnel.ts'
import type { Pair, Tunnel, TunnelCause } from './tunnel.ts'

/** Version of what is said to the carrier and by it; the same as in native/carrier/main.c. */
const PROTOCOL_VERSION = 1
/** Milliseconds that a carrier may take to answer; one that does not is ended. */
const ANSWER_MILLISECONDS = 5_000

export interface CarrierEvents {
  /** The process died, and so many viewers were cut off with it; another one is started. */
  lost: [{ viewers: number, cause: string }]
  /** Another process is there. */
  restarted: []
}

/** What native/carrier/main.c says. */
type Report =
  | ['ready', version: number]
  | ['taken' | 'refused', id: number]
  | ['moved', ...totals: number[]]
  | ['halfClosed', id: number, cause: TunnelCause]
  | ['ended', id: number, cause: TunnelCause, toViewer: number, toStreamServer: number]

/** The part of Node's insides that stops a socket for good: after `pause()` it may go on reading, and what it reads then is lost. */
interface Handle { readStop: () => void, readStart: () => void }

/**
 * The native carrier as the service sees it: a process next door that moves the bytes of viewers inside the kernel. When it dies its viewers
 * end as `carrierLost`, those on their way to it are carried by the service, and another process takes over.
 */
export class Carrier extends EventEmitter<CarrierEvents> {
  readonly #program: string
  readonly #clock: Clock
  readonly #crashLoop: CrashLoop
  /** Handed over and not yet taken. */
  readonly #asked = new Map<number, { pair: Pair, settle: (tunnel: Tunnel | undefined) => void }>()
  readonly #tunnels = new Map<number, HandedTunnel>()
  /** What cancels the timer of each question that is open, by the tunnel's id. */
  readonly #unanswered = new Map<number, () => void>()
  #process: CarrierProcess | null = null
  #whenReady: (version: number) => void = () => {}
  #ready = false
  #closed = true
  #lastId = 0

  /** @param program absolute path of the carrier, which may not be there. */
  constructor (program: string, clock: Clock) {
    super()
    this.#program = program
    this.#clock = clock
    this.#crashLoop = new CrashLoop(clock)
  }

  /** Whether it takes viewers now. */
  get ready (): boolean { return this.#ready }

  /** Starts the process; resolves with why that is impossible, or with `null` when it is ready. */
  async open (): Promise<string | null> {
    const cause = await this.#start()
    this.#closed = cause !== null
    if (cause === null) return null
    const { code } = cause
    return `the native carrier cannot be used: ${code === 'ENOENT' ? `there is no ${this.#program}` : `${this.#program} ${cause.words}`}; run npm run build:native`
  }

  /**
   * Hands both sockets over with what the stream server shall hear first; resolves with the tunnel once the carrier has them, and with `undefined`
   * if it does not take them. `undefined` at once: it is not there, or cannot carry these. Where there is no tunnel, both sockets are as they were.
   */
  handOver (pair: Pair): Promise<Tunnel | undefined> | undefined {
    const { viewer, streamServer, opening } = pair
    const [one, other] = [handleOf(viewer), handleOf(streamServer)]
    const running = this.#process
    if (!this.#ready || running === null || one === undefined || other === undefined) return undefined

    // All in one turn of the event loop, in which nothing arrives. To take out what the socket has read may set the handle going, so it is stopped last.
    streamServer.pause()
    const unheard = viewer.read() as Buffer | null
    if (unheard !== null) pair.early = Buffer.concat([pair.early, unheard])
    one.readStop()
    const id = ++this.#lastId
    return new Promise(resolve => {
      const settle = (tunnel: Tunnel | undefined): void => {
        // The socket believes that it is being read all the time.
        if (tunnel === undefined) one.readStart()
        resolve(tunnel)
      }
      this.#asked.set(id, { pair, settle })
      this.#expectAnswer(id)
      running.say(`viewer ${id}`, one)
      running.say(`server ${id} ${Buffer.concat([opening, pair.early]).toString('hex')}`, other)
    })
  }

  /** Ends the process, and with it what it still carries. Calling it again is nothing. */
  async close (): Promise<void> {
    this.#closed = true
    this.#crashLoop.close()
    const running = this.#process
    if (running === null) return
    const cancel = this.#clock.after(ANSWER_MILLISECONDS, () => { running.kill() })
    running.dismiss()
    await running.ended
    cancel()
  }

  /** Resolves with why it does not start, or with `null` when it is ready. */
  #start (): Promise<CarrierEnd | null> {
    const running = startCarrier(this.#program, report => { this.#told(report as Report) })
    this.#process = running
    return new Promise(resolve => {
      const cancel = this.#clock.after(ANSWER_MILLISECONDS, () => { running.kill() })
      this.#whenReady = version => {
        cancel()
        this.#ready = version === PROTOCOL_VERSION
        resolve(this.#ready ? null : { words: 'is of another version' })
        if (!this.#ready) running.kill()
      }
      void running.ended.then(end => {
        cancel()
        resolve(end)
        void this.#ended(end)
      })
    })
  }

  #told (report: Report): void {
    switch (report[0]) {
      case 'ready':
        this.#whenReady(report[1])
        return
      case 'taken':
        this.#taken(report[1])
        return
      case 'refused':
        this.#answered(report[1])?.settle(undefined)
        return
      case 'moved':
        for (let i = 1; i < report.length; i += 3) this.#tunnels.get(report[i] as number)?.moved(report[i + 1] as number, report[i + 2] as number)
        return
      case 'halfClosed':
        this.#tunnels.get(report[1])?.halfClosed(report[2])
        return
      case 'ended': {
        const [, id, cause, toViewer, toStreamServer] = report
        this.#answered(id)
        this.#tunnels.get(id)?.moved(toViewer, toStreamServer)
        this.#tunnels.get(id)?.ended(cause)
        this.#tunnels.delete(id)
      }
    }
  }

  #taken (id: number): void {
    const asked = this.#answered(id)
    if (asked === undefined) return
    const { pair, settle } = asked
    const tunnel = new HandedTunnel(pair, () => {
      if (this.#tunnels.has(id) && this.#expectAnswer(id)) this.#process?.say(`end ${id}`)
    })
    this.#tunnels.set(id, tunnel)
    // Our copies alone: to the peers nothing happens.
    pair.viewer.destroy()
    pair.streamServer.destroy()
    settle(tunnel)
  }

  /** False: an answer about this tunnel is awaited already. */
  #expectAnswer (id: number): boolean {
    if (this.#unanswered.has(id)) return false
    this.#unanswered.set(id, this.#clock.after(ANSWER_MILLISECONDS, () => { this.#process?.kill() }))
    return true
  }

  /** What was asked by handing it over, if that was the question. */
  #answered (id: number) {
    this.#unanswered.get(id)?.()
    this.#unanswered.delete(id)
    const asked = this.#asked.get(id)
    this.#asked.delete(id)
    return asked
  }

  async #ended ({ words }: CarrierEnd): Promise<void> {
    this.#process = null
    this.#ready = false
    const viewers = this.#tunnels.size
    for (const id of [...this.#asked.keys(), ...this.#unanswered.keys()]) this.#answered(id)?.settle(undefined)
    for (const tunnel of this.#tunnels.values()) tunnel.ended('carrierLost')
    this.#tunnels.clear()
    if (this.#closed) return
    this.emit('lost', { viewers, cause: words })
    await this.#crashLoop.pause()
    if (!this.#closed && await this.#start() === null) this.emit('restarted')
  }
}

/** The handle of a plain TCP socket. `undefined`: it is closed, it is encrypted, or this Node keeps its insides elsewhere. */
function handleOf (socket: Socket): Handle | undefined {
  const { _handle: handle } = socket as { _handle?: Partial<Handle> | null }
  return handle?.constructor.name === 'TCP' && typeof handle.readStop === 'function' && typeof handle.readStart === 'function' ? handle as Handle : undefined
}
