import t from 'tap'
import { Admission } from '../../src/front/admission.ts'
import { ViewerTokens } from '../../src/front/viewer-token.ts'
import type { SessionView } from '../../src/sessions/session.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

const id = '0d9ac8ef-6ee9-4d9b-91c4-4ad4a0b1cd2f'
const port = 11_005

function stage (byPort = true, seatsKept = false) {
  const clock = new FakeClock()
  const tokens = new ViewerTokens({ key: Buffer.alloc(32, 1), lifetime: 60_000, clock })
  const living = new Map<number, Pick<SessionView, 'id' | 'state' | 'connectedAt'>>([[port, { id, state: 'ready', connectedAt: null }]])
  const admission = new Admission({ tokens, byPort, seatsKept, sessionOnPort: port => living.get(port) as SessionView | undefined, clock })
  const token = tokens.issue({ id, port })
  const byToken = (shown = token) => admission.admit({ to: 'token', token: shown, rest: '/' })
  const refusal = (result = byToken()) => result.status === 'refused' ? result.refusal.code : result.status
  return { clock, tokens, living, admission, byToken, refusal }
}

t.test('a token lets in one viewer at a time, and the same one again', async t => {
  const { byToken, refusal } = stage()
  const first = byToken()
  t.match(first, { status: 'admitted', session: { id, port }, rest: '/' })
  t.equal(refusal(), 'occupied')
  if (first.status === 'admitted') first.hold.release()
  t.equal(refusal(), 'admitted')
})

t.test('releasing late does not take the next one’s seat', async t => {
  const { byToken, refusal } = stage()
  const first = byToken()
  if (first.status !== 'admitted') return t.fail('not admitted')
  first.hold.release()
  byToken()
  first.hold.release()
  first.hold.releaseAfter(0)
  t.equal(refusal(), 'occupied')
})

t.test('a seat that is kept for a while is free again after it', async t => {
  const { admission, clock, byToken, refusal } = stage()
  const first = byToken()
  if (first.status === 'admitted') first.hold.releaseAfter(5_000)
  await clock.advance(4_999)
  t.equal(refusal(), 'occupied')
  await clock.advance(1)
  const second = byToken()
  t.equal(second.status, 'admitted')
  if (second.status === 'admitted') second.hold.releaseAfter(5_000)
  admission.close()
  t.equal(clock.pending, 0)
})

t.test('who has a viewer already takes no other', async t => {
  const { living, refusal } = stage()
  living.set(port, { id, state: 'connected', connectedAt: 1 })
  t.equal(refusal(), 'occupied')
})

t.test('a viewer whose stream server keeps its seat for it comes back before anybody noticed that it had gone', async t => {
  const { clock, living, refusal } = stage(true, true)
  t.equal(refusal(), 'admitted')
  living.set(port, { id, state: 'connected', connectedAt: 1 })
  t.equal(refusal(), 'admitted')
  await clock.advance(62_000)
  t.equal(refusal(), 'admitted')
  living.delete(port)
  t.equal(refusal(), 'token_expired')
})

t.test('forged, expired, and for a session that is gone', async t => {
  const { clock, tokens, living, byToken, refusal } = stage()
  t.equal(refusal(byToken('x'.repeat(52))), 'bad_token')
  t.equal(refusal(byToken(tokens.issue({ id, port: port + 1 }))), 'gone', 'a port without a session')
  living.set(port, { id: 'b2ac9b5e-a3a5-4d33-a60f-08bd6f0fc9df', state: 'ready', connectedAt: 1 })
  t.equal(refusal(), 'gone', 'the port is another session’s by now')
  living.set(port, { id, state: 'draining', connectedAt: 1 })
  t.equal(refusal(), 'gone')
  await clock.advance(62_000)
  t.equal(refusal(), 'token_expired')
  living.set(port, { id, state: 'ready', connectedAt: null })
  t.equal(refusal(), 'token_expired', 'nobody has used it')
})

t.test('a viewer that was there comes back by its token as long as its session lives, also one that was taken over', async t => {
  const { clock, living, byToken, refusal } = stage()
  await clock.advance(62_000)
  for (const state of ['ready', 'adopted'] as const) {
    living.set(port, { id, state, connectedAt: 1 })
    const back = byToken()
    t.equal(back.status, 'admitted', state)
    t.equal(refusal(), 'occupied', 'nobody else gets in meanwhile')
    if (back.status === 'admitted') back.hold.release()
  }
})

t.test('where viewers are told tokens a port lets nobody in', async t => {
  t.match(stage(false).admission.admit({ to: 'port', port, rest: '/' }), { status: 'refused', refusal: { code: 'bad_token' } })
})

t.test('a port lets in whoever knows it', async t => {
  const { living, admission } = stage()
  const byPort = (port: number) => admission.admit({ to: 'port', port, rest: '/deep' })
  for (const state of ['ready', 'connected', 'adopted'] as const) {
    living.set(port, { id, state, connectedAt: null })
    t.match(byPort(port), { status: 'admitted', session: { id, port }, rest: '/deep' })
  }
  living.set(port, { id, state: 'starting', connectedAt: null })
  for (const other of [port, port + 1]) t.match(byPort(other), { status: 'refused', refusal: { code: 'unknown_session' } })
})
