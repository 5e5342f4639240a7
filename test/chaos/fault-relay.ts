import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'
import type { SeededRandom } from '../simulation/seeded-random.ts'
import { moment } from './seed.ts'

/** What a connection suffers, from a byte on that is drawn for each. */
const faults = ['none', 'delay', 'slice', 'reset', 'half-close', 'silence'] as const
export type Fault = typeof faults[number]

/** A bad line to a service: each connection over it has one fault. */
export class FaultRelay {
  readonly port: number
  readonly url: string
  /** Connections by their fault. */
  readonly met: Record<Fault, number> = { none: 0, delay: 0, slice: 0, reset: 0, 'half-close': 0, silence: 0 }
  readonly #target: number
  readonly #random: SeededRandom
  readonly #sockets = new Set<Socket>()

  private constructor (server: Server, target: number, random: SeededRandom) {
    this.port = (server.address() as AddressInfo).port
    this.url = `http://127.0.0.1:${this.port}`
    this.#target = target
    this.#random = random
    server.on('connection', socket => { this.#carry(socket) })
  }

  /** Listens on a port of its own before the port of a service. */
  static async open (t: Pick<Test, 'teardown'>, target: number, random: SeededRandom): Promise<FaultRelay> {
    const server = createServer({ allowHalfOpen: true, noDelay: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const relay = new FaultRelay(server, target, random)
    t.teardown(() => {
      server.close()
      relay.hangUp()
    })
    return relay
  }

  /** Whatever still hangs on it is reset. */
  hangUp (): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  #carry (near: Socket): void {
    const far = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const fault = this.#random.pick(faults)
    this.met[fault]++
    const line = new Line(near, far, fault, this.#random)
    for (const socket of [near, far]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        line.over()
      })
    }
  }
}

/** One connection, both ways. */
class Line {
  readonly #near: Socket
  readonly #far: Socket
  readonly #fault: Fault
  readonly #random: SeededRandom
  /** Bytes until the fault begins. */
  #left: number
  #silent = false

  constructor (near: Socket, far: Socket, fault: Fault, random: SeededRandom) {
    this.#near = near
    this.#far = far
    this.#fault = fault
    this.#random = random
    this.#left = random.below(900)
    void this.#pump(near, far)
    void this.#pump(far, near)
  }

  /** Neither side outlives the other. */
  over (): void {
    this.#near.destroy()
    this.#far.destroy()
  }

  async #pump (from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        this.#left -= chunk.length
        if (this.#silent) return
        if (this.#left >= 0) to.write(chunk)
        else await this.#spoil(chunk, to)
      }
      to.end()
    } catch {
      // The other end has hung up or was reset: that is told by its close.
    }
  }

  async #spoil (chunk: Buffer, to: Socket): Promise<void> {
    switch (this.#fault) {
      case 'delay':
        await moment(this.#random.between(5, 150))
        break
      case 'slice':
        for (let at = 0; at < chunk.length && !to.destroyed;) {
          const size = this.#random.between(1, 40)
          to.write(chunk.subarray(at, at + size))
          at += size
          await new Promise(resolve => { setImmediate(resolve) })
        }
        return
      case 'reset':
        this.#near.resetAndDestroy()
        this.#far.resetAndDestroy()
        return
      case 'half-close':
        to.write(chunk)
        this.#far.end()
        return
      case 'silence':
        this.#silent = true
        await moment(this.#random.between(500, 2_500))
        this.over()
        return
      case 'none':
    }
    to.write(chunk)
  }
}
