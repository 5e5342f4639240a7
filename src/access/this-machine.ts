import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import { isProxied } from '../front/proxied-connections.ts'

/** A request, as far as it tells where it came from. */
export interface Origins {
  headers: IncomingHttpHeaders
  socket: Pick<Socket, 'remoteAddress' | 'localAddress'>
}

/** Headers of a request that came through a proxy, from wherever. */
const forwarding = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via']

/** Whether a proxy stands between, for whom nobody on this machine vouches. */
export function cameThroughProxy ({ headers, socket }: Origins): boolean {
  return isProxied(socket) || forwarding.some(name => headers[name] !== undefined)
}

/** Whether somebody on this machine asks: a program for itself, or a browser for one of our own pages, whose origin was checked before. */
export function isFromThisMachine (request: Origins, who: 'programs' | 'programs and pages' = 'programs'): boolean {
  const { headers, socket: { remoteAddress = '', localAddress } } = request
  const here = /^(127\.|::1$|::ffff:127\.)/.test(remoteAddress) || (remoteAddress !== '' && remoteAddress === localAddress)
  return here && !cameThroughProxy(request) && (who === 'programs and pages' || headers.origin === undefined)
}
