import type { WebSocket } from 'ws'
import type { Clock } from '../clock.ts'

const periodMs = 10_000
const mostMissed = 2

/** Pings a socket and ends it when it stops answering: a machine that went to sleep says no farewell. */
export class Heartbeat {
  #missed = 0
  #cancel = () => {}

  constructor (socket: WebSocket, clock: Clock) {
    const hear = () => { this.#missed = 0 }
    socket.on('pong', hear)
    socket.on('message', hear)
    const beat = () => {
      this.#cancel = clock.after(periodMs, () => {
        if (this.#missed++ >= mostMissed) return socket.terminate()
        socket.ping()
        beat()
      })
    }
    beat()
  }

  close (): void {
    this.#cancel()
  }
}
