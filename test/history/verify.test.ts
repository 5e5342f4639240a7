import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { origin, readSealed, seal, type Link } from '../../src/history/chain.ts'
import { verdictWords, verifyHistory } from '../../src/history/verify.ts'

/** Lines of a sound chain, each with its newline. */
function chain (count: number, from: Link = origin): string[] {
  let last = from
  return Array.from({ length: count }, (_, index) => {
    const { line, link } = seal({ at: `2026-11-25T03:00:0${index}.000Z`, event: 'session', session: `s${index}`, model: index % 2 === 0 ? 'größe "x"' : null, port: 11_000 + index }, last)
    last = link
    return `${line}\n`
  })
}

function verify (t: Test, ...contents: string[][]) {
  const dir = t.testdir()
  const files = contents.map((lines, index) => {
    const file = join(dir, `history.${index}`)
    writeFileSync(file, lines.join(''))
    return file
  })
  const verdict = verifyHistory(files)
  return { ...verdict, ...'file' in verdict ? { file: verdict.file.slice(dir.length + 1) } : {} }
}

t.test('a sound history is counted', async t => {
  t.match(verify(t, chain(5)), { status: 'sound', records: 5, first: 1, last: { number: 5, hash: /^[0-9a-f]{64}$/ }, since: null, torn: 0 })
  t.same(verify(t, []), { status: 'empty', torn: 0 })
})

t.test('every single byte that is altered is found, on its line', async t => {
  const lines = chain(3)
  const [first = '', second = '', third = ''] = lines
  for (let at = 0; at < second.length - 1; at++) {
    const altered = second.slice(0, at) + (second[at] === '1' ? '2' : '1') + second.slice(at + 1)
    const verdict = verify(t, [first, altered, third])
    if (verdict.status !== 'broken' || !('line' in verdict) || verdict.line !== 2) t.fail(`byte ${at}: ${JSON.stringify(verdict)}`)
  }
  t.match(verify(t, [first, second.replace('"port":11001', '"port":11002'), third]), { status: 'broken', line: 2, problem: 'it was altered: its hash is not that of its text' })
  t.match(verify(t, [first, second.replace('{', '{ '), third]), { status: 'broken', line: 2, problem: /altered/ }, 'a blank more')
  t.match(verify(t, [first, 'what is this\n', third]), { status: 'broken', line: 2, problem: 'it is no record' })
  t.match(verify(t, [first, '\n', second, third]), { status: 'broken', line: 2, problem: 'it is no record' })
})

t.test('a line that is missing, moved, doubled or made anew is found', async t => {
  const [one = '', two = '', three = '', four = '', five = ''] = chain(5)
  t.match(verify(t, [one, three]), { status: 'broken', line: 2, problem: 'record 2 is missing before it' })
  t.match(verify(t, [one, five]), { status: 'broken', line: 2, problem: 'records 2 to 4 are missing before it' })
  t.match(verify(t, [one, three, two, four]), { status: 'broken', line: 2 })
  t.match(verify(t, [one, two, two]), { status: 'broken', line: 3, problem: /^record 2 stands where record 3 belongs/ })
  const reading = readSealed(one.trimEnd())
  if (reading.status !== 'record') throw new Error('expected a record')
  const forged = seal({ at: 'later', event: 'session' }, { number: reading.number, hash: reading.hash }).line
  t.match(verify(t, [one, `${forged}\n`, three]), { status: 'broken', line: 3, problem: /^it is not chained to the record before it/ })
  t.match(verify(t, [`${seal({ at: 'x' }, { number: 0, hash: 'a'.repeat(64) }).line}\n`]), { status: 'broken', line: 1, problem: /says it is the first/ })
})

t.test('a last line that was never finished is no tampering', async t => {
  const [one = '', two = ''] = chain(2)
  const verdict = verify(t, [one, two.slice(0, 40)])
  t.match(verdict, { status: 'sound', records: 1, torn: 40 })
  t.match(verdictWords(verifyHistory([join(t.testdirName, 'history.0')])), { exitCode: 0, text: /^1 record, 1 to 1[^]*never finished \(40 bytes/ })
  t.match(verify(t, [one, two.trimEnd()]), { status: 'sound', records: 1, torn: two.length - 1 })
  t.same(verify(t, [one.slice(0, 9)]), { status: 'empty', torn: 9 })
  t.match(verify(t, [one.slice(0, 9)], [one, two]), { status: 'sound', records: 2, torn: 9 }, 'the last file')
})

t.test('several files are one history, in whatever order they are named', async t => {
  const lines = chain(6)
  t.match(verify(t, lines.slice(4), lines.slice(0, 2), lines.slice(2, 4)), { status: 'sound', records: 6, first: 1 })
  t.match(verify(t, lines.slice(2)), { status: 'sound', records: 4, first: 3 }, 'older files may be gone')
  t.match(verify(t, lines.slice(4), lines.slice(0, 2)), { status: 'broken', file: 'history.0', line: 1, problem: 'records 3 to 4 are missing before it' })
  t.match(verify(t, [...lines.slice(0, 1), lines[1]?.slice(0, 20) ?? ''], lines.slice(2)), { status: 'broken', file: 'history.0', line: 2, problem: /cut off/ })
})

t.test('a line without an end, however long, is told', async t => {
  t.match(verify(t, ['x'.repeat(3_000_000)]), { status: 'broken', line: 1, problem: 'it is no record' })
})

t.test('verdicts in words, with the exit code of the command', async t => {
  const dir = t.testdir({ history: chain(3).slice(1).join('') })
  t.match(verdictWords(verifyHistory([join(dir, 'history')])), { exitCode: 0, text: /^2 records, 2 to 3, each whole and in its place; records 1 to 1 are in older files\nthe last one's hash: [0-9a-f]{64}\n$/ })
  t.same(verdictWords(verifyHistory([join(dir, 'none')])), { exitCode: 2, text: `slipway: ${join(dir, 'none')} cannot be read (ENOENT)\n` })
  t.same(verdictWords({ status: 'broken', file: '/h', line: 7, problem: 'it is no record' }), { exitCode: 1, text: '/h, line 7: it is no record\n' })
  t.same(verdictWords({ status: 'empty', torn: 0 }), { exitCode: 0, text: '0 records\n' })
})

t.test('what is missing at either end is found by whoever knows what was there', async t => {
  const lines = chain(6)
  const hashes = lines.map(line => (JSON.parse(line) as { hash: string }).hash)
  const file = join(t.testdir(), 'history')
  const look = (from: number, to: number, known: Parameters<typeof verifyHistory>[1]) => {
    writeFileSync(file, lines.slice(from, to).join(''))
    return verifyHistory([file], known)
  }
  t.match(look(0, 6, { first: 1, last: hashes[5] as string }), { status: 'sound', since: 0 })
  t.match(look(0, 6, { last: hashes[3] as string }), { status: 'sound', since: 2 }, 'it has grown since')
  t.match(look(2, 6, { first: 3, last: hashes[5] as string }), { status: 'sound' }, 'older files may be gone')
  t.same(look(0, 5, { last: hashes[5] as string }), { status: 'cut', problem: `no record has the hash ${hashes[5]}: what was the last record is missing, or was made anew` })
  t.same(look(2, 6, { first: 1 }), { status: 'cut', problem: 'it begins with record 3: records 1 to 2 are missing' })
  t.same(look(0, 0, { first: 1 }), { status: 'cut', problem: 'record 1 is not there, nor any other' })
  t.match(look(0, 0, { last: hashes[5] as string }), { status: 'cut' })
  t.match(verdictWords(look(0, 6, { last: hashes[4] as string })), { exitCode: 0, text: /the one that was known is there, and 1 follows it\n/ })
  t.match(verdictWords(look(0, 6, { last: hashes[5] as string })), { exitCode: 0, text: /still the last\n/ })
  t.match(verdictWords(look(0, 5, { last: hashes[5] as string })), { exitCode: 1, text: /^no record has the hash/ })
})
