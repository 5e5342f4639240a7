import type { OpenResult } from '../spawning/outcome.ts'
import type { SessionView } from '../sessions/session.ts'

/** An HTTP answer in the official server's shape; `code` and what follows it are ours, for programs that want to know more. */
export interface Answer {
  httpStatus: number
  /** Whole seconds for a `Retry-After` header. */
  retryAfter?: number
  body: Record<string, unknown>
}

const failed = (httpStatus: number, code: string, reason: string, more: Record<string, unknown> = {}) => ({ httpStatus, body: { status: 'failed', reason, code, ...more } })

/** The answer to a viewing request that was not fulfilled (contract, section 1.4). */
export function refusalAnswer (result: Exclude<OpenResult, { status: 'opened' }>): Answer {
  switch (result.status) {
    case 'rendererDisabled': return failed(403, 'renderer_disabled', 'Invalid rendering location')
    case 'full': return { retryAfter: result.retryAfter, ...failed(503, 'full', 'No ports available', { limit: result.limit, retryAfter: result.retryAfter }) }
    case 'noPort': return { retryAfter: result.retryAfter, ...failed(503, result.reason, 'No ports available', { retryAfter: result.retryAfter }) }
    case 'draining': return { retryAfter: 30, ...failed(503, 'draining', 'Server is shutting down', { retryAfter: 30 }) }
    case 'cancelled': return failed(503, result.reason, 'The session was stopped before it was ready')
    case 'startFailed': return failed(500, result.reason, result.message)
  }
}

/** The answer to a viewing request whose stream server is ready (contract, section 1.3). The key is `ws`, also for `wss` addresses. */
export function openedBody (session: SessionView, scheme: 'ws' | 'wss', host: string, streamServer: string): Record<string, unknown> {
  return {
    result: 'ok',
    serviceId: session.id,
    endpoints: { ws: `${scheme}://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${session.port}` },
    streamServer,
    proxyPath: `/wsproxy/${session.port}`
  }
}
