import type { IncomingMessage } from 'node:http'
import { callerOf, type Caller, type Trust } from './caller.ts'
import { fillEndpoint, originOf } from './endpoint.ts'
import type { ViewerTokens } from './viewer-token.ts'

export interface FrontOptions {
  trusts: Trust
  /** Path below which the service is known; empty: none. */
  prefix: string
  /** Host name told to viewers; empty: the one the caller used. */
  publicHost: string
  /** What viewers are told, with places for `EndpointParts`; empty: the address of the stream server itself. */
  endpoint: string
  /** Whether the stream servers speak TLS. */
  streamServersSecure: boolean
  tokens: ViewerTokens
}

type Request = Pick<IncomingMessage, 'headers' | 'socket'>

/** How the service is seen from outside: who asks, under which address it knows us, and what it is told about its stream server. */
export class Front {
  readonly prefix: string
  /** Whose word about callers is believed. */
  readonly trusts: Trust
  readonly tokens: ViewerTokens
  readonly #options: FrontOptions

  constructor (options: FrontOptions) {
    this.#options = options
    this.prefix = options.prefix
    this.trusts = options.trusts
    this.tokens = options.tokens
  }

  /** Whether viewers are told tokens; then nothing else lets them in. */
  get byToken (): boolean { return this.#options.endpoint.includes('{token}') }

  /** Whether the connection itself comes from a proxy whose word is believed. */
  isProxy ({ socket }: Request): boolean {
    return this.trusts(socket.remoteAddress ?? '')
  }

  callerOf (request: Request): Caller {
    return callerOf(request, this.trusts)
  }

  /** Where this caller's viewer finds a session: the WebSocket address it is told, and the path on the service's own port. */
  addressesOf ({ id, port }: { id: string, port: number | null }, request: Request): { endpoint: string, proxyPath: string } {
    const caller = this.callerOf(request)
    const seat = { id, port: port ?? 0 }
    const { endpoint, streamServersSecure, publicHost, tokens } = this.#options
    const token = this.byToken ? tokens.issue(seat) : ''
    const known = caller.host === '' ? { ...caller, host: `${inUrl(publicHost || '127.0.0.1')}:${request.socket.localPort ?? ''}` } : caller
    return {
      endpoint: fillEndpoint(endpoint || `${streamServersSecure ? 'wss' : 'ws'}://{host}:{port}`, {
        origin: originOf(known, this.prefix),
        host: inUrl(publicHost || nameIn(caller.host) || '127.0.0.1'),
        port: String(seat.port),
        id,
        token
      }),
      proxyPath: `${caller.prefix || this.prefix}/${this.byToken ? `s/${token}` : `wsproxy/${seat.port}`}`
    }
  }
}

/** A host without its port. */
const nameIn = (host: string) => host.replace(/:\d+$/, '')
const inUrl = (host: string) => host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
