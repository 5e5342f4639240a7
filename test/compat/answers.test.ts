import t from 'tap'
import { openedBody, refusalAnswer } from '../../src/compat/answers.ts'
import type { SessionView } from '../../src/sessions/session.ts'

const session: SessionView = { id: 'b6d2ae3e', renderer: 'csr', model: null, via: 'rest', state: 'failed', reason: 'crashed', port: 11_003, pid: 7, createdAt: 0, endedAt: 1, lastReportAt: null, exit: { code: 3, signal: null, outputTail: 'secret output' } }

t.test('refusals in the official shape, with words of ours beside them', async t => {
  t.same(refusalAnswer({ status: 'rendererDisabled' }), { httpStatus: 403, body: { status: 'failed', reason: 'Invalid rendering location', code: 'renderer_disabled' } })
  t.same(refusalAnswer({ status: 'full', limit: 32, retryAfter: 5 }), { httpStatus: 503, retryAfter: 5, body: { status: 'failed', reason: 'No ports available', code: 'full', limit: 32, retryAfter: 5 } })
  for (const reason of ['queue_timeout', 'port_conflict'] as const) {
    t.same(refusalAnswer({ status: 'noPort', reason, retryAfter: 5 }), { httpStatus: 503, retryAfter: 5, body: { status: 'failed', reason: 'No ports available', code: reason, retryAfter: 5 } })
  }
  t.same(refusalAnswer({ status: 'draining' }), { httpStatus: 503, retryAfter: 30, body: { status: 'failed', reason: 'Server is shutting down', code: 'draining', retryAfter: 30 } })
  for (const reason of ['admin', 'drain', 'client_closed'] as const) {
    t.same(refusalAnswer({ status: 'cancelled', reason }), { httpStatus: 503, body: { status: 'failed', reason: 'The session was stopped before it was ready', code: reason } })
  }
  const message = "ts3d_sc_server failed: reason='internal error', exit-code=3, id=b6d2ae3e"
  t.same(refusalAnswer({ status: 'startFailed', reason: 'crashed', message, session }), { httpStatus: 500, body: { status: 'failed', reason: message, code: 'crashed' } }, 'what the process said stays here')
})

t.test('the key is ws, also for wss', async t => {
  t.match(openedBody(session, 'wss', 'cad.example', 'ts3d_sc_server'), { result: 'ok', serviceId: 'b6d2ae3e', endpoints: { ws: 'wss://cad.example:11003' }, streamServer: 'ts3d_sc_server', proxyPath: '/wsproxy/11003' })
})

t.test('an IPv6 address has one pair of brackets', async t => {
  for (const host of ['::1', '[::1]']) t.match(openedBody(session, 'ws', host, 'embedded'), { endpoints: { ws: 'ws://[::1]:11003' } })
})
