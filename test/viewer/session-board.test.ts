import t from 'tap'
import { SessionBoard } from '../../src/viewer/session-board.ts'
import { sessionWords } from '../../src/viewer/session-words.ts'

const start = Date.parse('2026-11-21T03:00:00Z')
const session = (id: string, state: string, more: object = {}) => ({
  id, state, reason: null, renderer: 'csr', model: 'bench', port: 11000, pid: 1, createdAt: '2026-11-21T02:59:00.000Z', endedAt: null, ...more
})
const sessions = (...all: object[]): string => JSON.stringify({ type: 'sessions', sessions: all })
const change = (one: object): string => JSON.stringify({ type: 'session', session: one })
const ids = (board: SessionBoard, now: number): string[] => board.shown(now).map(({ id, state }) => `${id} ${state}`)

t.test('the list begins with what is there and follows each change', async t => {
  const board = new SessionBoard()
  board.take(sessions(session('a', 'connected')), start)
  board.take(change(session('b', 'starting', { createdAt: '2026-11-21T03:00:00.000Z' })), start)
  t.strictSame(ids(board, start), ['b starting', 'a connected'], 'the newest first')
  board.take(change(session('b', 'ready', { createdAt: '2026-11-21T03:00:00.000Z' })), start)
  t.strictSame(ids(board, start), ['b ready', 'a connected'])
})

t.test('an ended session stays for half a minute, below the living', async t => {
  const board = new SessionBoard()
  board.take(sessions(session('a', 'connected'), session('b', 'connected')), start)
  board.take(change(session('a', 'stopped', { endedAt: '2026-11-21T03:00:00.000Z' })), start)
  t.strictSame(ids(board, start + 29_999), ['b connected', 'a stopped'])
  t.strictSame(ids(board, start + 30_000), ['b connected'])
})

t.test('an ended session stays although the service has dropped its record', async t => {
  const board = new SessionBoard()
  board.take(sessions(session('a', 'connected')), start)
  board.take(change(session('a', 'failed')), start)
  board.take('{"type":"dropped","id":"a"}', start)
  t.strictSame(ids(board, start + 10_000), ['a failed'])
  t.strictSame(ids(board, start + 30_000), [])
})

t.test('sessions that ended long before the page came are history', async t => {
  const board = new SessionBoard()
  board.take(sessions(
    session('old', 'stopped', { endedAt: '2026-11-21T02:00:00.000Z' }),
    session('new', 'stopped', { endedAt: '2026-11-21T02:59:50.000Z' })
  ), start)
  t.strictSame(ids(board, start), ['new stopped'])
})

t.test('after a lost connection the list is what the service says now', async t => {
  const board = new SessionBoard()
  board.take(sessions(session('a', 'connected'), session('b', 'connected')), start)
  board.take(sessions(session('b', 'connected')), start)
  t.strictSame(ids(board, start), ['b connected'])
})

t.test('messages that make no sense change nothing', async t => {
  const board = new SessionBoard()
  board.take(sessions(session('a', 'connected')), start)
  for (const text of ['{', 'null', '7', '{}', '{"type":"session"}', '{"type":"session","session":{"id":7}}', '{"type":"later"}', '{"type":"dropped","id":"x"}']) board.take(text, start)
  t.strictSame(ids(board, start), ['a connected'])
})

t.test('states and reasons are said in words', async t => {
  const board = new SessionBoard()
  board.take(sessions(session('a', 'stopped', { reason: 'client_closed' }), session('b', 'lost', { reason: 'some_new_reason' }), session('c', 'ready')), start)
  t.strictSame(board.shown(start).map(sessionWords).sort(), ['Ended: closed by its viewer', 'Lost: some new reason', 'Ready, no viewer yet'])
})
