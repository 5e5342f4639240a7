import { createServer } from 'node:net'

export type ProbeResult = { status: 'free' } | { status: 'taken', why: string }

/** Asks whether a port can be bound right now. An expected "no" is a value; nothing rejects. */
export type PortProbe = (port: number) => Promise<ProbeResult>

/**
 * Binds every address of the machine on `port` and lets go at once. It says what is so at this instant; a port may still be lost
 * before the stream server binds it, and then its "address in use" counts as the same answer, later.
 */
export const bindProbe: PortProbe = async port => {
  const dual = await tryBind(port, '::')
  // A machine without IPv6 cannot bind "::" at all; that says nothing about the port.
  return dual === 'EAFNOSUPPORT' || dual === 'EADDRNOTAVAIL' ? verdict(await tryBind(port, '0.0.0.0')) : verdict(dual)
}

function verdict (code: string | null): ProbeResult {
  if (code === null) return { status: 'free' }
  return { status: 'taken', why: code === 'EADDRINUSE' ? 'another process listens on it' : `it cannot be bound (${code})` }
}

function tryBind (port: number, host: string): Promise<string | null> {
  return new Promise(resolve => {
    const server = createServer(socket => { socket.destroy() })
    server.once('error', (error: NodeJS.ErrnoException) => { resolve(error.code ?? 'error') })
    server.listen({ port, host, exclusive: true }, () => { server.close(() => { resolve(null) }) })
  })
}
