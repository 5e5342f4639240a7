import type { IncomingHttpHeaders } from 'node:http'

export interface Caller {
  headers: IncomingHttpHeaders
  socket: { remoteAddress?: string | undefined, localAddress?: string | undefined }
}

/** Headers of a request that came through a proxy, from wherever, or from a page in a browser, whoever wrote it. */
const notItself = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via', 'origin']

/** Whether a program on this machine asks, and asks for itself. */
export function isFromThisMachine ({ headers, socket: { remoteAddress = '', localAddress } }: Caller): boolean {
  return (/^(127\.|::1$|::ffff:127\.)/.test(remoteAddress) || remoteAddress === localAddress) && !notItself.some(name => headers[name] !== undefined)
}
