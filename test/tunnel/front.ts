import { createServer, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { systemClock } from '../../src/clock.ts'
import type { Carrier } from '../../src/tunnel/carrier.ts'
import { dial } from '../../src/tunnel/dial.ts'
import { ParkedSocket } from '../../src/tunnel/parked-socket.ts'
import { refuse, wantsCloseFrame } from '../../src/tunnel/refusal.ts'
import { TunnelSet } from '../../src/tunnel/tunnel-set.ts'
import { composeUpgrade, readUpgrade } from '../../src/tunnel/upgrade-request.ts'
import { listening, type Teardown } from './sockets.ts'

/** A whole front door made of the tunnel's pieces: every viewer is led to the stream server at `port`, by the carrier where one is given. */
export async function frontDoor (t: Teardown, port: number, carrier?: Carrier): Promise<{ url: string, port: number, tunnels: TunnelSet }> {
  const tunnels = new TunnelSet()
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
    const result = await dial(parked, { host: '127.0.0.1', port, opening, timeout: 5_000, clock: systemClock, carrier })
    if (result.status === 'joined') tunnels.add('', result.tunnel)
    const taken = result.status === 'unreachable' ? parked.take() : undefined
    if (taken === undefined || result.status !== 'unreachable') return
    refuse(taken.socket, { code: 'start_failed', reason: result.message },
      { acceptThenClose, key: upgrade.key, protocol: upgrade.protocols[0] }, systemClock)
  }
  server.on('upgrade', (request, socket, head) => { lead(request, socket as Socket, head).catch(error => { throw error }) })
  const at = await listening(t, server)
  t.teardown(() => tunnels.destroy())
  return { url: `ws://127.0.0.1:${at}`, port: at, tunnels }
}
