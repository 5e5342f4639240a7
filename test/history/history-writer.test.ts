import { execFile } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { HistoryWriter } from '../../src/history/history-writer.ts'
import { verifyHistory } from '../../src/history/verify.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

/** A writer and what it told. */
function stage (t: Test, { dir = t.testdir(), limit = 1_000_000, keep = 3 } = {}) {
  const clock = new FakeClock()
  const told: string[] = []
  const path = join(dir, 'history.jsonl')
  let hear = () => {}
  const tell = (words: string) => {
    told.push(words)
    hear()
  }
  const start = async () => {
    const writer = new HistoryWriter({ path, limit, keep, clock, failed: ({ message }) => { tell(`failed: ${message}`) }, recovered: lost => { tell(`recovered, ${lost} lost`) }, cut: bytes => { tell(`cut ${bytes}`) } })
    t.teardown(async () => { await writer.close() })
    await writer.open()
    return writer
  }
  /** Resolves when something like this has been told so many times. */
  const heard = (wanted: RegExp, times = 1) => new Promise<void>(resolve => {
    hear = () => { if (told.filter(words => wanted.test(words)).length >= times) resolve() }
    hear()
  })
  return { dir, path, clock, told, start, heard }
}

const entry = (session: string) => ({ at: '2026-11-25T03:00:00.000Z', event: 'session', session })
const records = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n').map(line => JSON.parse(line) as Record<string, unknown>)

t.test('each start goes on with the chain, and says so', async t => {
  const { path, start, told } = stage(t)
  for (const run of ['one', 'two']) {
    const writer = await start()
    writer.add(entry(`${run} a`))
    writer.add(entry(`${run} b`))
    await writer.close()
    await writer.close()
    writer.add(entry('too late'))
  }
  t.match(records(path), [{ number: 1, event: 'service started', cutBytes: 0 }, { session: 'one a' }, { session: 'one b' }, { number: 4, event: 'service started' }, { session: 'two a' }, { number: 6, session: 'two b' }])
  t.match(verifyHistory([path]), { status: 'sound', records: 6, first: 1 })
  t.same(told, [])
})

t.test('after a crash a line that was never finished is cut off, and the chain goes on', async t => {
  const { path, start, told } = stage(t)
  const first = await start()
  first.add(entry('a'))
  await first.close()
  appendFileSync(path, '{"at":"2026-11-25T0')
  t.match(verifyHistory([path]), { status: 'sound', records: 2, torn: 19 })
  await (await start()).close()
  t.same(told, ['cut 19'])
  t.match(records(path), [{}, { session: 'a' }, { event: 'service started', cutBytes: 19, number: 3 }])
  t.match(verifyHistory([path]), { status: 'sound', records: 3, torn: 0 })
})

t.test('a crash within the very first line, or before it, is nothing', async t => {
  for (const begun of ['', '{"a', '{"at":"2026']) {
    const { path, start } = stage(t)
    writeFileSync(path, begun)
    await (await start()).close()
    t.match(verifyHistory([path]), { status: 'sound', records: 1, torn: 0 })
  }
})

t.test('a file that is full is put aside, the oldest go, and the chain runs through all', async t => {
  const { dir, path, start } = stage(t, { limit: 600 })
  for (let run = 0; run < 3; run++) {
    const writer = await start()
    for (let index = 0; index < 3; index++) writer.add(entry(String(index)))
    await writer.close()
  }
  const names = readdirSync(dir).sort()
  t.equal(names.length, 3)
  t.match(names, ['history.jsonl', /^history\.jsonl\.\d$/, /^history\.jsonl\.\d$/])
  const verdict = verifyHistory(names.map(name => join(dir, name)))
  t.match(verdict, { status: 'sound', torn: 0, last: { number: 12 } })
  t.ok(verdict.status === 'sound' && verdict.first > 1)
  rmSync(path)
  await (await start()).close()
  t.match(records(path), [{ number: Number, event: 'service started' }], 'ended before it began the next file')
  t.match(verifyHistory(readdirSync(dir).map(name => join(dir, name))), { status: 'sound' })
})

t.test('a file that is none of ours stays as it is', async t => {
  for (const content of ['root:x:0:0\n', 'no newline', '{"at":"2026","number":1}\n']) {
    const { path, start, told } = stage(t)
    writeFileSync(path, content)
    const writer = await start()
    writer.add(entry('a'))
    await writer.close()
    t.equal(readFileSync(path, 'utf8'), content)
    t.match(told, [/^failed: .*does not end as a history does/])
  }
})

t.test('where nothing can be written it is said once, and tried again later; what is missing stands in the file', async t => {
  const { dir, path, clock, start, told, heard } = stage(t, { limit: 10_000_000 })
  mkdirSync(path)
  const writer = await start()
  for (let index = 0; index < 10_002; index++) writer.add(entry(String(index)))
  t.match(told, [/^failed: (EISDIR|it is no file)/])
  renameSync(path, join(dir, 'away'))
  await clock.advance(30_000)
  await heard(/recovered/)
  await writer.close()
  t.match(told, [/^failed/, 'recovered, 2 lost'])
  t.match(records(path).slice(0, 3), [{ event: 'service started' }, { event: 'records lost', count: 2 }, { session: '0' }])
  t.match(verifyHistory([path]), { status: 'sound', records: 10_002 })
  t.equal(clock.pending, 0)
})

t.test('a disk that is full leaves no half of a line', async t => {
  const dir = t.testdir()
  const path = join(dir, 'history.jsonl')
  // The system refuses the rest of a write beyond this size, as a full disk does.
  const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -f 4000 && exec "$0" scripts/run.mjs test/history/fill-file.ts "$1"', process.execPath, path])
  t.match(stdout, /^EFBIG after [1-9]\d*\n$/)
  t.match(verifyHistory([path]), { status: 'sound', torn: 0, records: Number(/\d+/.exec(stdout)?.[0]) })
})

t.test('what somebody else does to the file is noticed before more is written', async t => {
  const { path, clock, start, told, heard } = stage(t)
  const writer = await start()
  appendFileSync(path, 'graffiti\n')
  writer.add(entry('a'))
  await heard(/failed: somebody else wrote to it/)
  truncateSync(path, readFileSync(path, 'utf8').length - 'graffiti\n'.length)
  await clock.advance(30_000)
  await heard(/recovered/)
  t.match(records(path), [{ event: 'service started' }, { session: 'a' }])
  rmSync(path)
  writer.add(entry('b'))
  await heard(/failed: it was deleted/)
  await clock.advance(30_000)
  await heard(/recovered/, 2)
  await writer.close()
  t.equal(told.length, 4)
})
