import { visible } from './visible.ts'

/** A request that was answered, as it stands in the log: without its query, and without that of the page it came from. */
export interface AnsweredRequest {
  method: string
  path: string
  /** `1.1` for example. */
  version: string
  status: number
  referer?: string | undefined
  agent?: string | undefined
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * A request in Apache's combined format. Nobody is ever named in it, times are universal.
 *
 * @param at milliseconds since 1970
 * @param bytes of the answer; 0 where it is not known
 */
export function combined ({ method, path, version, status, referer, agent }: AnsweredRequest, ip: string, at: number, bytes: number): string {
  return `${visible(ip)} - - [${time(at)}] ${quoted(`${method} ${path} HTTP/${version}`)} ${status} ${bytes === 0 ? '-' : bytes} ${quoted(referer)} ${quoted(agent)}`
}

/** An address without what may be secret: its query, its fragment, a name and a password before its host. */
export function withoutSecrets (address: string): string {
  return address.replace(/[?#].*$/s, '').replace(/^(\w+:)?\/\/[^/]*@/, '$1//')
}

const quoted = (text = '-') => `"${visible(text.replace(/["\\]/g, '\\$&'))}"`

function time (at: number): string {
  const date = new Date(at)
  const two = (part: number) => String(part).padStart(2, '0')
  const day = `${two(date.getUTCDate())}/${months[date.getUTCMonth()]}/${date.getUTCFullYear()}`
  return `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`
}
