import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { closeFrame, switchingProtocols } from './close-frame.ts'

/** Every refusal in both its forms: the HTTP status before an upgrade, the close code after one. */
export const refusals = {
  full: { http: 503, close: 1013 },
  overloaded: { http: 503, close: 1013 },
  draining: { http: 503, close: 1012 },
  renderer_disabled: { http: 403, close: 4403 },
  model_isolated: { http: 422, close: 4422 },
  bad_request: { http: 400, close: 1002 },
  foreign_host: { http: 421, close: 4421 },
  foreign_origin: { http: 403, close: 4403 },
  unknown_session: { http: 404, close: 4404 },
  start_timeout: { http: 500, close: 4408 },
  start_failed: { http: 500, close: 1011 },
  gone: { http: 410, close: 4410 },
  bad_token: { http: 403, close: 4403 },
  token_expired: { http: 410, close: 4410 },
  occupied: { http: 409, close: 4409 },
  rate_limited: { http: 429, close: 4429 },
  quota: { http: 429, close: 4429 }
} as const satisfies Record<string, { http: number, close: number }>

export interface Refusal {
  code: keyof typeof refusals
  /** A finer word than `code`, told in its stead. */
  cause?: string | undefined
  /** For people; one line. */
  reason: string
  /** Whole seconds after which asking again makes sense. */
  retryAfter?: number | undefined
  /** Place in line, from 1. */
  place?: number | undefined
}

export interface RefusalForm {
  /** True: complete the handshake, then close with code and reason. Needs `key`; without one HTTP is used. */
  acceptThenClose: boolean
  /** The viewer's `Sec-WebSocket-Key`. */
  key?: string | undefined
  /** The sub-protocol to answer with: a browser that offered some fails the handshake unless one is chosen. */
  protocol?: string | undefined
}

/** Milliseconds the refused peer has to close its end. */
const farewellTime = 2_000

/** Browsers always send `Origin`, and cannot read the status of a failed upgrade; other programs can. */
export function wantsCloseFrame (request: IncomingMessage): boolean {
  return request.headers.origin !== undefined
}

/**
 * Answers an upgrade with no, in one of two well-formed ways, and sees the socket closed: at once when the peer
 * closes too, after 2 s at the latest. On a dead socket it does nothing. Never throws.
 */
export function refuse (socket: Socket, refusal: Refusal, { acceptThenClose, key, protocol }: RefusalForm, clock: Clock): void {
  socket.on('error', () => {})
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const cancel = clock.after(farewellTime, () => { socket.destroy() })
  socket.once('close', cancel)
  socket.setTimeout(0)
  // Unread bytes would turn our FIN into a reset, and a reset may overtake the answer.
  socket.on('data', () => {}).resume()
  socket.end(acceptThenClose && key !== undefined
    ? Buffer.concat([switchingProtocols(key, protocol), closeFrame(refusals[refusal.code].close, inWords(refusal))])
    : httpAnswer(refusal))
}

/** For a browser, which sees no header: the reason says when to come again. */
function inWords ({ code, cause, reason, retryAfter }: Refusal): { code: string, reason: string } {
  return { code: cause ?? code, reason: retryAfter === undefined ? reason : `${reason}; try again in ${retryAfter} s` }
}

/** What a program is told, whichever way it asked: in the official shape, and beside it what is ours. */
export function refusalBody ({ code, cause, reason, retryAfter, place }: Refusal): Record<string, unknown> {
  return {
    status: 'failed',
    reason,
    code: cause ?? code,
    ...retryAfter === undefined ? {} : { retryAfter: wholeSeconds(retryAfter) },
    ...place === undefined ? {} : { place }
  }
}

const wholeSeconds = (retryAfter: number) => Math.max(0, Math.ceil(retryAfter))

function httpAnswer (refusal: Refusal): Buffer {
  const { retryAfter } = refusal
  const { http } = refusals[refusal.code]
  const body = JSON.stringify(refusalBody(refusal))
  return Buffer.from([
    `HTTP/1.1 ${http} ${STATUS_CODES[http] ?? ''}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(retryAfter === undefined ? [] : [`Retry-After: ${wholeSeconds(retryAfter)}`]),
    'Connection: close',
    '',
    body
  ].join('\r\n'))
}
