import type { StreamServerProgram } from '../spawning/command-line.ts'
import type { OpenResult } from '../spawning/outcome.ts'
import { refusalBody, refusals, type Refusal } from '../tunnel/refusal.ts'

/** An HTTP answer in the official server's shape; `code` and what follows it are ours, for programs that want to know more. */
export interface HttpAnswer {
  httpStatus: number
  /** Whole seconds for a `Retry-After` header. */
  retryAfter?: number | undefined
  body: Record<string, unknown>
}

/** Why a viewing request was not fulfilled, in the official server's words (contract, section 1.4), whichever way it came. */
export function refusalOf (result: Exclude<OpenResult, { status: 'opened' }>): Refusal {
  switch (result.status) {
    case 'rendererDisabled': return { code: 'renderer_disabled', reason: 'Invalid rendering location' }
    case 'isolated': return { code: 'model_isolated', reason: result.tried ? 'This model kept crashing; somebody is trying it now' : 'This model keeps crashing its stream server', retryAfter: result.retryAfter }
    case 'full': return { code: 'full', cause: result.reason ?? undefined, reason: result.reason === 'too_many_starts' ? 'As many stream servers are being started as may be at a time' : 'No ports available', retryAfter: result.retryAfter, place: result.place ?? undefined }
    case 'overloaded': return { code: 'overloaded', cause: result.reason, reason: 'The machine is too busy to start another stream server', retryAfter: result.retryAfter }
    case 'quota': return { code: 'quota', reason: `One caller may have ${result.limit} sessions at a time`, retryAfter: result.retryAfter }
    case 'noPort': return { code: 'full', cause: result.reason, reason: 'No ports available', retryAfter: result.retryAfter }
    case 'draining': return { code: 'draining', reason: 'Server is shutting down', retryAfter: result.retryAfter }
    case 'cancelled': return { code: 'gone', cause: result.reason, reason: 'The session was stopped before it was ready' }
    case 'startFailed': return { code: result.reason === 'start_timeout' ? 'start_timeout' : 'start_failed', cause: result.reason, reason: result.message }
  }
}

/** A refusal as the REST way answers it. */
export function refusalAnswer (refusal: Refusal): HttpAnswer {
  return { httpStatus: refusals[refusal.code].http, retryAfter: refusal.retryAfter, body: refusalBody(refusal) }
}

/** The refusal of a caller who asks too often. */
export function rateLimited (retryAfter: number): Refusal {
  return { code: 'rate_limited', reason: 'Too many viewing requests', retryAfter }
}

/** What a viewing request that was fulfilled is answered; `streamServer`, `proxyPath` and `reentry` are ours. */
export interface OpenedBody {
  result: 'ok'
  serviceId: string
  endpoints: { ws: string }
  streamServer: string
  proxyPath: string
  reentry?: Reentry
}

/** By what, and for how long after it has dropped, a caller finds its place again. */
export interface Reentry { token: string, seconds: number }

/** The answer to a viewing request whose stream server is ready (contract, section 1.3). The key is `ws` for wss too. */
export function openedBody (id: string, { endpoint, proxyPath }: { endpoint: string, proxyPath: string }, { kind }: Pick<StreamServerProgram, 'kind'>, reentry?: Reentry): OpenedBody {
  return {
    result: 'ok',
    serviceId: id,
    endpoints: { ws: endpoint },
    streamServer: kind,
    proxyPath,
    ...reentry === undefined ? {} : { reentry }
  }
}
