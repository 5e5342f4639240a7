import t from 'tap'
import { openedBody, rateLimited, refusalAnswer, refusalOf } from '../../src/compat/answers.ts'
import type { SessionView } from '../../src/sessions/session.ts'
import type { OpenResult } from '../../src/spawning/outcome.ts'

const session: SessionView = { id: 'b6d2ae3e', renderer: 'csr', model: null, via: 'rest', state: 'failed', reason: 'crashed', port: 11_003, pid: 7, createdAt: 0, endedAt: 1, lastReportAt: null, connectedAt: null, killed: false, exit: { code: 3, signal: null, outputTail: 'secret output' } }

const answerTo = (result: Exclude<OpenResult, { status: 'opened' }>) => refusalAnswer(refusalOf(result))

t.test('refusals in the official shape, with words of ours beside them', async t => {
  t.same(answerTo({ status: 'rendererDisabled' }), { httpStatus: 403, retryAfter: undefined, body: { status: 'failed', reason: 'Invalid rendering location', code: 'renderer_disabled' } })
  t.same(answerTo({ status: 'full', limit: 32, reason: null, retryAfter: 5, place: null }), { httpStatus: 503, retryAfter: 5, body: { status: 'failed', reason: 'No ports available', code: 'full', retryAfter: 5 } })
  t.same(answerTo({ status: 'full', limit: 32, reason: 'queue_timeout', retryAfter: 40, place: 3 }).body, { status: 'failed', reason: 'No ports available', code: 'queue_timeout', retryAfter: 40, place: 3 })
  for (const reason of ['queue_timeout', 'port_conflict'] as const) {
    t.same(answerTo({ status: 'noPort', reason, retryAfter: 5 }), { httpStatus: 503, retryAfter: 5, body: { status: 'failed', reason: 'No ports available', code: reason, retryAfter: 5 } })
  }
  t.same(answerTo({ status: 'isolated', retryAfter: 300, tried: false }), { httpStatus: 422, retryAfter: 300, body: { status: 'failed', reason: 'This model keeps crashing its stream server', code: 'model_isolated', retryAfter: 300 } })
  t.match(answerTo({ status: 'isolated', retryAfter: 30, tried: true }), { httpStatus: 422, retryAfter: 30, body: { reason: 'This model kept crashing; somebody is trying it now', code: 'model_isolated' } })
  t.same(answerTo({ status: 'draining', retryAfter: 90 }), { httpStatus: 503, retryAfter: 90, body: { status: 'failed', reason: 'Server is shutting down', code: 'draining', retryAfter: 90 } })
  for (const reason of ['admin', 'drain', 'client_closed'] as const) {
    t.same(answerTo({ status: 'cancelled', reason }), { httpStatus: 410, retryAfter: undefined, body: { status: 'failed', reason: 'The session was stopped before it was ready', code: reason } })
  }
  t.same(refusalAnswer(rateLimited(7)), { httpStatus: 429, retryAfter: 7, body: { status: 'failed', reason: 'Too many viewing requests', code: 'rate_limited', retryAfter: 7 } })
})

t.test('a start that failed is a 500 as in the official server, and what the process said stays here', async t => {
  const message = "ts3d_sc_server failed: reason='internal error', exit-code=3, id=b6d2ae3e"
  for (const reason of ['crashed', 'exited', 'licence', 'killed_by_signal', 'refused', 'owner_lost', 'start_timeout'] as const) {
    t.same(answerTo({ status: 'startFailed', reason, message, session }), { httpStatus: 500, retryAfter: undefined, body: { status: 'failed', reason: message, code: reason } })
  }
})

t.test('where the viewer finds its stream server', async t => {
  const addresses = { endpoint: 'wss://cad.example:11003', proxyPath: '/wsproxy/11003' }
  t.same(openedBody('b6d2ae3e', addresses, { kind: 'ts3d_sc_server' }), { result: 'ok', serviceId: 'b6d2ae3e', endpoints: { ws: 'wss://cad.example:11003' }, streamServer: 'ts3d_sc_server', proxyPath: '/wsproxy/11003' })
})
