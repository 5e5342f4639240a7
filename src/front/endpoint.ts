import type { Caller } from './caller.ts'

/** What stands for what in an endpoint template. */
export interface EndpointParts {
  /** `ws://` or `wss://`, host, port and path prefix by which the caller knows the service. */
  origin: string
  /** Host name told to viewers, an IPv6 address in brackets. */
  host: string
  /** Port of the session's stream server. */
  port: string
  /** The session's id. */
  id: string
  /** A fresh viewer token for the session. */
  token: string
}

const places = ['origin', 'host', 'port', 'id', 'token'] as const satisfies ReadonlyArray<keyof EndpointParts>
const placeForm = /\{([^{}]*)\}/g

/** What is wrong with an endpoint template; undefined: nothing. */
export function endpointProblem (template: string): string | undefined {
  const named = Array.from(template.matchAll(placeForm), ([, name = '']) => name)
  const unknown = named.filter(name => !places.some(place => place === name))
  if (unknown.length > 0) return `{${unknown[0]}} stands for nothing; there are ${places.map(place => `{${place}}`).join(' ')}`
  if (!['port', 'id', 'token'].some(name => named.includes(name))) return 'every session would have the same address; put {port}, {id} or {token} into it'
  const example = fillEndpoint(template, { origin: 'ws://host:1', host: 'host', port: '1', id: 'id', token: 'token' })
  const url = URL.canParse(example) ? new URL(example) : undefined
  if (url === undefined || !/^wss?:$/.test(url.protocol) || /\s/.test(example)) return 'expected an address such as wss://cad.example/s/{token}'
  return undefined
}

/** The address of a session's stream server as its viewer shall use it. */
export function fillEndpoint (template: string, parts: EndpointParts): string {
  return template.replace(placeForm, (whole, name: string) => places.some(place => place === name) ? parts[name as keyof EndpointParts] : whole)
}

/** How a caller reaches the service by WebSocket, without a slash at the end. */
export function originOf ({ host, secure, prefix }: Caller, ownPrefix: string): string {
  return `${secure ? 'wss' : 'ws'}://${host}${prefix || ownPrefix}`
}

/** A request target without the prefix below which the service is known; any other stays as it is. */
export function withoutPrefix (target: string, prefix: string): string {
  if (prefix === '' || !target.startsWith(prefix)) return target
  const rest = target.slice(prefix.length)
  if (rest.startsWith('/')) return rest
  return rest === '' || rest.startsWith('?') ? `/${rest}` : target
}
