import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import proxyAddr from '@fastify/proxy-addr'

/** Whom a request came from, as far as it can be believed. */
export interface Caller {
  /** IP address; empty when the connection is gone already. */
  address: string
  /** Host, and the port where it is not the scheme's own, by which the caller knows us; empty: it did not say. */
  host: string
  /** Whether the caller came by https or wss. */
  secure: boolean
  /** Path below which the caller knows us: empty, or `/cad` for example. */
  prefix: string
}

/** Addresses and networks whose word about others is believed: `10.0.0.0/8`, `::1`, `loopback`, `linklocal` or `uniquelocal`. */
export type Trust = (address: string) => boolean

const hostForm = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/
/** A path prefix: one or more segments, without a slash at its end. */
const prefixForm = /^(\/[A-Za-z0-9._~-]+)+$/

const words = ['loopback', 'linklocal', 'uniquelocal']

/** Whether each of these is an address, a network or a word for some. */
export function areAddresses (entries: readonly string[]): boolean {
  try {
    proxyAddr.compile([...entries])
    // It takes `10.0.0` for an address too.
    return entries.every(entry => words.includes(entry) || isIP(entry.split('/', 1)[0] ?? '') > 0)
  } catch {
    return false
  }
}

/** @param proxies as `areAddresses` has them. @throws TypeError for anything else */
export function trustOf (proxies: readonly string[]): Trust {
  if (proxies.length === 0) return () => false
  const trusts = proxyAddr.compile([...proxies])
  return address => isIP(address) > 0 && trusts(address, 0)
}

/**
 * Who asks. `X-Forwarded-For`, `-Host`, `-Proto` and `-Prefix` count when the connection comes from a trusted address, and of the
 * addresses named in the first the last one that is not itself trusted; from anybody else they are just text.
 */
export function callerOf (request: Pick<IncomingMessage, 'headers' | 'socket'>, trusts: Trust): Caller {
  const { headers, socket } = request
  const own = { address: socket.remoteAddress ?? '', host: headers.host ?? '', secure: 'encrypted' in socket && socket.encrypted === true, prefix: '' }
  if (!trusts(own.address)) return own
  const host = lastOf(headers['x-forwarded-host'])
  const scheme = lastOf(headers['x-forwarded-proto'])?.toLowerCase()
  const prefix = lastOf(headers['x-forwarded-prefix'])?.replace(/\/+$/, '')
  return {
    address: proxyAddr(request as IncomingMessage, trusts),
    host: host !== undefined && hostForm.test(host) ? host : own.host,
    secure: scheme === undefined ? own.secure : scheme === 'https' || scheme === 'wss',
    prefix: prefix !== undefined && prefixForm.test(prefix) ? prefix : ''
  }
}

/** What the nearest proxy said: each one appends. */
function lastOf (header: string | string[] | undefined): string | undefined {
  return [header].flat().join().split(',').at(-1)?.trim() || undefined
}
