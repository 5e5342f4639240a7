import t from 'tap'
import { CrashBook } from '../../src/crashes/crash-book.ts'
import { dossierOf } from '../../src/crashes/dossier.ts'
import { endingWords } from '../../src/crashes/ending.ts'
import { lastWords } from '../../src/crashes/last-words.ts'
import { MemoryCurve, residentBytes } from '../../src/crashes/memory-curve.ts'
import { MemoryWatch } from '../../src/crashes/memory-watch.ts'
import { shownCommand } from '../../src/crashes/shown-command.ts'
import type { SessionView } from '../../src/sessions/session.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

const evidence = { command: [], timeline: [], memory: [] }
const crashed = (id: string, outputTail: string, changes: Partial<SessionView> = {}): SessionView =>
  ({ id, renderer: 'csr', model: 'engine', via: 'rest', state: 'failed', reason: 'crashed', port: 1, pid: 2, createdAt: 0, endedAt: 5_000, lastReportAt: null, connectedAt: null, killed: false, exit: { code: 3, signal: null, outputTail }, ...changes })

t.test('last words are the same for the same crash', async t => {
  for (const [one, other] of [
    ['loading 41 %\nError at 0x7ffe12: part 17', 'loading 99 %\nError at 0xdeadbeef: part 4'],
    ['cannot open /srv/models/a/part.scz', 'cannot open /tmp/b.scz'],
    ['C:\\models\\a.prc: bad', 'D:\\other\\b.prc: bad'],
    ['session b6d2ae3e-6a23-4bd7-9a02-58c0e6f8a8cc failed, chunk 9f86d081884c7d65', 'session 00000000-0000-4000-8000-000000000000 failed, chunk 00ff86d0818'],
    ['first line\na\nb\nc\n\n', 'another\na\n b \nc']
  ] as const) t.equal(lastWords(one), lastWords(other))
  t.not(lastWords('out of memory'), lastWords('bad file'))
  t.equal(lastWords('part 17 of /srv/a/b.scz at 0x1f'), 'part <number> of <path> at <address>')
  t.equal(lastWords(''), '')
  t.ok(lastWords('x'.repeat(4_000)).length <= 200)
})

t.test('how a process ended, in words', async t => {
  t.equal(endingWords({ code: 3, signal: null }), 'exit code 3: internal error')
  t.equal(endingWords({ code: null, signal: 'SIGSEGV' }), 'SIGSEGV: it used memory that is not its own')
  t.equal(endingWords({ code: 77, signal: null }), 'exit code 77')
  t.equal(endingWords({ code: null, signal: 'SIGUSR1' }), 'SIGUSR1')
})

t.test('crashes are grouped by model, ending and last words', async t => {
  const group = (id: string, output: string, changes: Partial<SessionView> = {}) => dossierOf(crashed(id, output, changes), evidence).group
  t.equal(group('a', 'part 1 is bad'), group('b', 'part 2 is bad'))
  const groups = [group('a', 'x'), group('a', 'y'), group('a', 'x', { model: null }), group('a', 'x', { exit: { code: 4, signal: null, outputTail: 'x' } }), group('a', 'x', { exit: { code: null, signal: 'SIGABRT', outputTail: 'x' } })]
  t.equal(new Set(groups).size, groups.length)
})

t.test('the last dossiers are kept, and their groups', async t => {
  const book = new CrashBook(3)
  for (const [id, output] of [['a', 'gone'], ['b', 'part 1'], ['c', 'part 2'], ['d', 'boom']] as const) book.add(dossierOf(crashed(id, output), evidence))
  t.equal(book.of('a'), undefined)
  t.match(book.of('b'), { id: 'b', at: '1970-01-01T00:00:05.000Z', model: 'engine', exitCode: 3, words: 'exit code 3: internal error', counts: true, output: 'part 1' })
  t.same(book.all().map(({ id }) => id), ['d', 'c', 'b'])
  t.match(book.groups(), [{ model: 'engine', count: 2, lastWords: 'part <number>' }, { count: 1, lastWords: 'boom' }])
  const none = new CrashBook(0)
  none.add(dossierOf(crashed('a', ''), evidence))
  t.same(none.all(), [])
})

t.test('the command line is shown as it was, without secrets', async t => {
  t.same(shownCommand({ executable: '/sc', args: ['--id', 'a', '--session-token', 'x', '--note=abc-s3cret', '--license-file', '/l.txt', '--license', 'LIC', '--model-file', 'engine'], secrets: ['s3cret', ''] }),
    ['/sc', '--id', 'a', '--session-token', '<hidden>', '--note=abc-<hidden>', '--license-file', '/l.txt', '--license', '<hidden>', '--model-file', 'engine'])
  t.same(shownCommand({ executable: '/sc', args: ['--session-token=-x'] }), ['/sc', '--session-token=<hidden>'])
})

t.test('a curve of a long life has few points, the largest and the last among them', async t => {
  const curve = new MemoryCurve()
  t.same(curve.points(), [])
  for (let at = 0; at < 10_000; at++) curve.add({ at, bytes: at === 7_777 ? 1e9 : at })
  const points = curve.points()
  t.ok(points.length <= 66 && points.length > 30, String(points.length))
  t.same(points.map(({ at }) => at), [...points.map(({ at }) => at)].sort((a, b) => a - b))
  t.ok(points.some(({ bytes }) => bytes === 1e9))
  t.equal(points.at(-1)?.at, 9_999)
  t.equal(points[0]?.at, 0)
})

t.test('processes are looked at now and then, as long as there are any', async t => {
  const clock = new FakeClock()
  let bytes = 100
  const watch = new MemoryWatch({ interval: 5_000, clock, bytes: id => id === 'gone' ? undefined : bytes++ })
  t.equal(clock.pending, 0)
  watch.follow('a')
  watch.follow('gone')
  watch.look('a')
  await clock.advance(10_000)
  t.same(watch.leave('a'), [{ at: 1_000_000, bytes: 100 }, { at: 1_005_000, bytes: 101 }, { at: 1_010_000, bytes: 102 }])
  t.same(watch.leave('gone'), [])
  t.same(watch.leave('nobody'), [])
  t.equal(clock.pending, 0)
})

t.test('many processes are looked at a few at a time, and not once they are all let go', async t => {
  const clock = new FakeClock()
  const looked: string[] = []
  const watch = new MemoryWatch({ interval: 5_000, clock, bytes: id => { looked.push(id); return 1 } })
  const ids = Array.from({ length: 40 }, (_, i) => String(i))
  for (const id of ids) watch.follow(id)
  await clock.advance(5_000)
  t.same(looked, ids)
  watch.close()
  t.equal(clock.pending, 0)
  watch.follow('one more')
  await clock.advance(4_999)
  t.equal(clock.pending, 1)
  watch.close()
  t.equal(clock.pending, 0, 'also in between')
})

t.test('this process has memory, and one that is not there has none', async t => {
  t.ok((residentBytes(process.pid) ?? 0) > 1_000_000)
  t.equal(residentBytes(2 ** 30), undefined)
})
