import type { Server, Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import type { Trust } from './caller.ts'
import { readProxyHeader } from './proxy-header.ts'

/** Connections whose proxy said that they are somebody else's. */
const proxied = new WeakSet<object>()
/** Who a proxy does not name, an address that nobody has. */
const nobody = { address: '0.0.0.0', port: 0 }

/** Whether a proxy said by its header whom this connection is for. */
export const isProxied = (socket: object): boolean => proxied.has(socket)

/** Milliseconds a trusted proxy may take to say its first bytes. */
const patience = 5_000

/**
 * Has a server take PROXY headers from trusted addresses: their connections then count as coming from the address in the header. A
 * connection without one counts as the proxy's own, which lets stream servers report from the same machine; one with a broken header is
 * closed. Headers of anybody else are not read, so that HTTP turns them away. To be called before the server listens.
 */
export function takeProxyHeaders (server: Server, trusts: Trust, clock: Clock): void {
  const listeners = server.listeners('connection') as Array<(socket: Socket) => void>
  const serve = (socket: Socket) => { for (const listener of listeners) listener.call(server, socket) }
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    if (trusts(socket.remoteAddress ?? '')) readFirst(socket, clock, serve)
    else serve(socket)
  })
  // A TLS socket asks the system whom it is connected to, and not the socket below it.
  server.prependListener('secureConnection', (secure: Socket & { _parent?: Socket }) => {
    const below = secure._parent
    if (below !== undefined && isProxied(below)) comesFrom(secure, { address: below.remoteAddress ?? '', port: below.remotePort ?? 0 })
  })
}

function readFirst (socket: Socket, clock: Clock, serve: (socket: Socket) => void): void {
  const drop = () => { socket.destroy() }
  const cancel = clock.after(patience, drop)
  let bytes: Buffer = Buffer.alloc(0)
  const onReadable = () => {
    bytes = Buffer.concat([bytes, socket.read() as Buffer | null ?? Buffer.alloc(0)])
    const header = readProxyHeader(bytes)
    if (header.status === 'incomplete') return
    forsake()
    if (header.status === 'malformed') return drop()
    if (header.status === 'header' && header.source !== 'proxy') comesFrom(socket, header.source === 'unknown' ? nobody : header.source)
    const rest = header.status === 'header' ? bytes.subarray(header.length) : bytes
    socket.off('error', drop)
    serve(socket)
    // After the server has begun to listen, so that not a byte of it is missed.
    if (rest.length > 0) socket.unshift(rest)
  }
  const forsake = () => {
    cancel()
    socket.off('readable', onReadable)
    socket.off('end', drop)
  }
  socket.on('error', drop)
  socket.on('readable', onReadable)
  socket.once('end', drop)
  socket.once('close', forsake)
}

function comesFrom (socket: Socket, { address, port }: { address: string, port: number }): void {
  proxied.add(socket)
  Object.defineProperties(socket, {
    remoteAddress: { value: address, configurable: true },
    remotePort: { value: port, configurable: true }
  })
}
