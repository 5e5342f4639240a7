import { createServer, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { systemClock } from '../../src/clock.ts'
import { dial } from '../../src/tunnel/dial.ts'
import { ParkedSocket } from '../../src/tunnel/parked-socket.ts'
import { refuse, wantsCloseFrame } from '../../src/tunnel/refusal.ts'
import type { Tunnel } from '../../src/tunnel/tunnel.ts'
import { composeUpgrade, readUpgrade } from '../../src/tunnel/upgrade-request.ts'
import { listening, type Teardown } from './sockets.ts'

/** A whole front door made of the tunnel's pieces: every viewer is led to the stream server at `port`. */
export async function frontDoor (t: Teardown, port: number): Promise<{ url: string, tunnels: Tunnel[] }> {
  const tunnels: Tunnel[] = []
  const server = createServer()
  const lead = async (request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> => {
    const parked = new ParkedSocket(socket, head)
    const reading = readUpgrade(request)
    const acceptThenClose = wantsCloseFrame(request)
    if (reading.status === 'malformed') {
      return refuse(socket, { code: 'bad_request', reason: reading.reason }, { acceptThenClose }, systemClock)
    }
    const { upgrade } = reading
    const opening = composeUpgrade(upgrade, { host: '127.0.0.1', port })
    const result = await dial(parked, { host: '127.0.0.1', port, opening, timeout: 5_000, clock: systemClock })
    if (result.status === 'joined') tunnels.push(result.tunnel)
    const taken = result.status === 'unreachable' ? parked.take() : undefined
    if (taken === undefined || result.status !== 'unreachable') return
    refuse(taken.socket, { code: 'start_failed', reason: result.message },
      { acceptThenClose, key: upgrade.key, protocol: upgrade.protocols[0] }, systemClock)
  }
  server.on('upgrade', (request, socket, head) => { lead(request, socket as Socket, head).catch(error => { throw error }) })
  const at = await listening(t, server)
  t.teardown(() => { for (const tunnel of tunnels) tunnel.destroy() })
  return { url: `ws://127.0.0.1:${at}`, tunnels }
}
