import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { connect as connectSecurely, createServer as createSecureServer } from 'node:tls'
import type { Clock } from '../../src/clock.ts'
import type { Carrier } from '../../src/tunnel/carrier.ts'
import { dial } from '../../src/tunnel/dial.ts'
import { ParkedSocket } from '../../src/tunnel/parked-socket.ts'
import type { Tunnel } from '../../src/tunnel/tunnel.ts'

export interface Teardown { teardown (fn: () => unknown): void }

/** A clock that stands still until told. */
export class SteppedClock implements Clock {
  #now = 0
  readonly #timers = new Set<{ at: number, action: () => void }>()

  now (): number { return this.#now }

  get waiting (): number { return this.#timers.size }

  after (milliseconds: number, action: () => void): () => void {
    const timer = { at: this.#now + milliseconds, action }
    this.#timers.add(timer)
    return () => { this.#timers.delete(timer) }
  }

  step (milliseconds: number): void {
    this.#now += milliseconds
    for (const timer of [...this.#timers]) {
      if (timer.at <= this.#now && this.#timers.delete(timer)) timer.action()
    }
  }
}

export async function listening (t: Teardown, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** What a server that speaks TLS shows. */
export interface Pair { cert: Buffer, key: Buffer }

/** A TCP or TLS server whose connections are handed out one by one; none outlives the test. */
export async function doorstep (t: Teardown, pair?: Pair): Promise<{ port: number, accept: () => Promise<Socket>, call: () => Promise<[near: Socket, far: Socket]> }> {
  const arrived: Socket[] = []
  const waiting: ((socket: Socket) => void)[] = []
  const all = new Set<Socket>()
  const keep = (socket: Socket): void => {
    all.add(socket)
    socket.on('error', () => {}).on('close', () => { all.delete(socket) })
  }
  const handOut = (socket: Socket): void => {
    keep(socket)
    const next = waiting.shift()
    if (next === undefined) arrived.push(socket)
    else next(socket)
  }
  const server = pair === undefined
    ? createServer({ allowHalfOpen: true, pauseOnConnect: true }, handOut)
    : createSecureServer({ ...pair, allowHalfOpen: true }, handOut)
  const port = await listening(t, server)
  t.teardown(() => { for (const socket of all) socket.destroy() })
  const accept = async (): Promise<Socket> => arrived.shift() ?? await new Promise(resolve => { waiting.push(resolve) })
  const call = async (): Promise<[Socket, Socket]> => {
    const at = { port, host: '127.0.0.1', allowHalfOpen: true }
    const near = pair === undefined ? connect(at) : connectSecurely({ ...at, rejectUnauthorized: false })
    keep(near)
    return [near, await accept()]
  }
  return { port, accept, call }
}

export interface Joined {
  /** The browser's end. */
  viewer: Socket
  /** Our end of the viewer's connection. */
  viewerSide: Socket
  /** The stream server's end. */
  streamServer: Socket
  tunnel: Tunnel
  clock: SteppedClock
}

export const opening = Buffer.from('GET / HTTP/1.1\r\n\r\n')

/** A viewer and a stream server, joined, by TLS where a pair is given, and by the carrier where one is; the opening has been read by the stream server. */
export async function joined (t: Teardown, { onInput, unheard, ...secure }: { viewer?: Pair, streamServer?: Pair, onInput?: () => void, unheard?: (viewer: Socket) => void } = {}, carrier?: Carrier): Promise<Joined> {
  const front = await doorstep(t, secure.viewer)
  const back = await doorstep(t, secure.streamServer)
  const clock = new SteppedClock()
  const [viewer, viewerSide] = await front.call()
  const parked = new ParkedSocket(viewerSide, Buffer.alloc(0))
  const result = await dial(parked, { host: '127.0.0.1', port: back.port, opening, timeout: 1_000, clock, onInput, unheard, carrier, ...secure.streamServer && { knows: () => true } })
  if (result.status !== 'joined') throw new Error(result.status)
  t.teardown(() => { result.tunnel.destroy() })
  const streamServer = await back.accept()
  await received(streamServer, opening.length)
  return { viewer, viewerSide, streamServer, tunnel: result.tunnel, clock }
}

/** Exactly the next `length` bytes; the socket is left paused and what follows stays in it. */
export function received (socket: Socket, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const stop = (): void => { socket.off('data', onData).off('end', onEnd).off('close', onEnd) }
    const onEnd = (): void => {
      stop()
      reject(new Error(`ended after ${bytes} of ${length} bytes`))
    }
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes < length) return
      socket.pause()
      stop()
      const all = Buffer.concat(chunks)
      if (bytes > length) socket.unshift(all.subarray(length))
      resolve(all.subarray(0, length))
    }
    socket.on('data', onData).on('end', onEnd).on('close', onEnd).resume()
  })
}

/** Everything until the FIN. */
export async function receivedAll (socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(chunk)).resume()
  if (!socket.readableEnded) await once(socket, 'end')
  return Buffer.concat(chunks)
}

export async function closedSocket (socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise<void>(resolve => { socket.once('close', () => resolve()) })
}

/** The same bytes and chunk sizes in every run. */
export function chance (seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state % below
  }
}

export function noise (length: number, draw: (below: number) => number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let i = 0; i + 4 <= length; i += 4) bytes.writeUInt32LE(draw(0x1_0000_0000) >>> 0, i)
  return bytes
}

/** Writes `bytes` in chunks of chance sizes, heeding back-pressure. */
export async function sayInChunks (socket: Socket, bytes: Buffer, draw: (below: number) => number, most: number): Promise<void> {
  let said = 0
  while (said < bytes.length) {
    const next = Math.min(bytes.length, said + 1 + draw(most))
    if (!socket.write(bytes.subarray(said, next))) await once(socket, 'drain')
    said = next
  }
}
