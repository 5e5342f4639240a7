import { timingSafeEqual } from 'node:crypto'
import { rmSync } from 'node:fs'
import { createServer, Socket } from 'node:net'
import type { Server } from 'node:net'
import type { Clock } from '../clock.ts'
import type { KeptChild } from '../spawning/launcher.ts'
import { identify } from './process-identity.ts'
import { PROTOCOL_VERSION } from './protocol.ts'
import type { Answer, Order } from './protocol.ts'
import { read, tellOver } from './service-line.ts'
import type { Hearer, ServiceLine } from './service-line.ts'

/** Milliseconds in which whoever connects has to say hello. */
const HELLO_MILLISECONDS = 5000

/** How a kept launcher is set up: what its service writes on its descriptor 3, as one line of JSON. */
export interface Keep {
  /** Absolute path of the UNIX socket it is to listen on. */
  socket: string
  /** What a service has to know. */
  key: string
  /** How long it waits for a service to return, in seconds. */
  seconds: number
}

interface Around extends Hearer {
  clock: Clock
  /** Those that run. */
  children: () => KeptChild[]
}

/** The line of a launcher that outlives its service: a UNIX socket, on which there is one service after the other. */
export class KeptLine implements ServiceLine {
  readonly #around: Around
  readonly #key: Buffer
  readonly #path: string
  readonly #server: Server
  #seconds: number
  #service: Socket | null = null
  /** Exits that no service has heard, by id. */
  readonly #unheard = new Map<string, Answer & { type: 'exited' }>()
  #stopWaiting = () => {}

  /** @param listening called when a service can connect */
  constructor ({ socket, key, seconds }: Keep, around: Around, listening: () => void) {
    this.#around = around
    this.#key = Buffer.from(key)
    this.#path = socket
    this.#seconds = seconds
    this.#server = createServer(stranger => { this.#meet(stranger) })
    this.#server.on('error', error => { around.gone(`it cannot be reached: ${error.message}`) })
    this.#server.listen(socket, listening)
    this.#wait(seconds)
  }

  tell (answer: Answer): void {
    if (answer.type === 'exited') this.#unheard.set(answer.id, answer)
    if (this.#service !== null) tellOver(this.#service, answer)
  }

  end (done: () => void): void {
    this.#stopWaiting()
    this.#close()
    if (this.#service === null) done()
    else this.#service.end(done)
  }

  /** Somebody connects, who has to prove to be a service. */
  #meet (socket: Socket): void {
    const leave = this.#around.clock.after(HELLO_MILLISECONDS, () => { socket.destroy() })
    const parted = () => {
      leave()
      if (this.#service !== socket) return
      this.#service = null
      // With nothing to keep there is nothing to wait for.
      this.#wait(this.#unheard.size === 0 && this.#around.children().length === 0 ? 0 : this.#seconds)
    }
    // Its orders were obeyed before its end is seen.
    socket.on('end', parted).on('close', parted).on('error', () => { socket.destroy() })
    read(socket, order => {
      if (this.#service === socket) return this.#obey(order)
      leave()
      if (order.type !== 'hello' || !this.#knows(order.key)) socket.destroy()
      else this.#welcome(socket, order)
    }, () => { socket.destroy() })
  }

  #welcome (socket: Socket, { version, seconds }: Order & { type: 'hello' }): void {
    const why = version !== PROTOCOL_VERSION ? 'version' : this.#service !== null ? 'busy' : null
    if (why !== null) {
      tellOver(socket, { type: 'refused', why })
      socket.end()
      return
    }
    this.#stopWaiting()
    this.#service = socket
    this.#seconds = seconds
    const ended = Array.from(this.#unheard.values(), ({ id, pid }) => ({ id, pid, startTime: null, ended: true }))
    tellOver(socket, { type: 'welcome', launcher: identify(process.pid) ?? { pid: process.pid, startTime: null }, children: [...this.#around.children(), ...ended] })
    for (const exit of this.#unheard.values()) tellOver(socket, exit)
  }

  #obey (order: Order): void {
    if (order.type === 'heard') this.#unheard.delete(order.id)
    else this.#around.obey(order)
  }

  #knows (key: string): boolean {
    const given = Buffer.from(key)
    return given.length === this.#key.length && timingSafeEqual(given, this.#key)
  }

  #wait (seconds: number): void {
    this.#stopWaiting = this.#around.clock.after(seconds * 1000, () => {
      // A service that comes now finds nobody, rather than sessions that are being ended.
      this.#close()
      this.#around.gone()
    })
  }

  #close (): void {
    this.#server.close()
    rmSync(this.#path, { force: true })
  }
}
