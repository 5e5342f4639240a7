import type { IncomingMessage } from 'node:http'
import { isIP, isIPv6 } from 'node:net'

/** A WebSocket upgrade that passed the checks of RFC 6455, section 4.2.1. */
export interface UpgradeRequest {
  /** Path and query, untouched, always with a leading slash. */
  target: string
  /** `Sec-WebSocket-Key`. */
  key: string
  /** Sub-protocols offered, in the viewer's order. */
  protocols: string[]
  /** Every header as the viewer wrote it. */
  headers: [name: string, value: string][]
}

export type UpgradeReading =
  | { status: 'valid', upgrade: UpgradeRequest }
  | { status: 'malformed', reason: string }

/** By which a stream server learns that its viewer cannot come back when its network goes: `none`. */
const wayBackHeader = 'slipway-way-back'

/** Meant for us or for one hop alone, or not the stream server's business: who the viewer is was settled here. */
const neverForwarded = new Set([
  'host', 'connection', 'upgrade', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'content-length', 'expect',
  'http2-settings', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'authorization', 'cookie', wayBackHeader
])

const targetForm = /^\/[^\0-\x20\x7f#]*$/
const authority = /^https?:\/\/[^/?]*/i
const keyForm = /^[A-Za-z0-9+/]{22}==$/
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const headerValue = /^[^\0\r\n]*$/

/** Reads and checks a viewer's upgrade request. Expected faults are values; nothing throws. */
export function readUpgrade (request: IncomingMessage): UpgradeReading {
  const headers = pairs(request.rawHeaders)
  const values = (name: string): string[] => valuesOf(headers, name)
  const tokens = (name: string): string[] => values(name).flatMap(value => value.split(',')).map(token => token.trim()).filter(Boolean)
  const says = (name: string, token: string): boolean => tokens(name).some(said => said.toLowerCase() === token)

  const path = originForm(request.url ?? '')
  const keys = values('sec-websocket-key')
  const fault = faultOf([
    [request.method === 'GET', 'an upgrade must be a GET request'],
    [request.httpVersion === '1.1', 'an upgrade must use HTTP/1.1'],
    [targetForm.test(path), 'the request target must be a path'],
    [says('upgrade', 'websocket'), 'the Upgrade header must be websocket'],
    [says('connection', 'upgrade'), 'the Connection header must name Upgrade'],
    [values('sec-websocket-version').join() === '13', 'Sec-WebSocket-Version must be 13'],
    [keys.length === 1 && keyForm.test(keys[0] ?? ''), 'Sec-WebSocket-Key must be 16 bytes in base64'],
    [values('transfer-encoding').length === 0 && values('content-length').every(value => value === '0'), 'an upgrade has no body'],
    [headers.every(([name, value]) => headerName.test(name) && headerValue.test(value)), 'a header is malformed']
  ])
  if (fault !== undefined) return { status: 'malformed', reason: fault }
  return { status: 'valid', upgrade: { target: path, key: keys.join(), protocols: tokens('sec-websocket-protocol'), headers } }
}

/** Where the composed request goes, and, if the stream server shall know, whom it comes from. */
export interface Addressee {
  host: string
  port: number
  /** The IP address the connection came from, appended to `X-Forwarded-For`. */
  forwardedFor?: string | undefined
  /** Whether what the headers already say of earlier hops is believed; otherwise it is left out. */
  believed?: boolean | undefined
  /** Where the viewer's address leads to this session once and never again: it cannot come back. */
  noWayBack?: boolean | undefined
}

/**
 * The request as the stream server reads it: path, query and all `Sec-WebSocket-*` headers unchanged, `Host`
 * rewritten, hop-by-hop headers and credentials left out, and what only we may say replaced.
 */
export function composeUpgrade ({ target, headers }: UpgradeRequest, { host, port, forwardedFor, believed = false, noWayBack = false }: Addressee): Buffer {
  const dropped = new Set(neverForwarded)
  for (const token of valuesOf(headers, 'connection').join().split(',')) {
    const name = token.trim().toLowerCase()
    if (!name.startsWith('sec-websocket-')) dropped.add(name)
  }
  const appended = forwardedFor !== undefined && isIP(forwardedFor) > 0
  if (appended) dropped.add('x-forwarded-for')

  const lines = [`GET ${target} HTTP/1.1`, `Host: ${isIPv6(host) ? `[${host}]` : host}:${port}`, 'Upgrade: websocket', 'Connection: Upgrade']
  for (const [name, value] of headers) {
    if (!dropped.has(name.toLowerCase())) lines.push(`${name}: ${value}`)
  }
  if (appended) lines.push(`X-Forwarded-For: ${[...believed ? valuesOf(headers, 'x-forwarded-for') : [], forwardedFor].join(', ')}`)
  if (noWayBack) lines.push(`${wayBackHeader}: none`)
  // Node reads headers as latin1, so latin1 gives back the viewer's bytes.
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

function pairs (rawHeaders: string[]): [string, string][] {
  const found: [string, string][] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) found.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? ''])
  return found
}

function valuesOf (headers: [string, string][], name: string): string[] {
  return headers.filter(([written]) => written.toLowerCase() === name).map(([, value]) => value)
}

/** A proxy may send `http://host/path`; RFC 9112 has servers accept that, and only the path is forwarded. */
function originForm (url: string): string {
  const path = url.replace(authority, '')
  return path === url || path.startsWith('/') ? path : `/${path}`
}

function faultOf (checks: [passed: boolean, fault: string][]): string | undefined {
  return checks.find(([passed]) => !passed)?.[1]
}
