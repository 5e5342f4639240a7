import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { origin, seal } from '../../src/history/chain.ts'
import { harmDone, Journal, readJournal } from '../../src/keeping/journal.ts'
import { noted } from './noted.ts'

function stage (t: Test) {
  const path = join(t.testdir({}), 'journal.jsonl')
  const problems: string[] = []
  const open = () => {
    const journal = new Journal({ path, failed: ({ message }) => { problems.push(message) } })
    t.teardown(() => { journal.close() })
    return journal
  }
  const left = () => {
    const reading = readJournal(path)
    if (reading.status !== 'read') throw new Error(reading.status)
    return reading
  }
  return { path, problems, open, left, lines: () => readFileSync(path, 'utf8').split('\n').slice(0, -1) }
}

t.test('what was noted last of each living session is read back, in the order they came', async t => {
  const { path, open, left } = stage(t)
  const journal = open()
  journal.note(noted('a'))
  t.throws(() => statSync(path), 'nothing is written before it begins')
  journal.begin()
  journal.note(noted('b', { state: 'starting', pid: null, startTime: null, executable: null, model: null }))
  journal.note(noted('c'))
  journal.note(noted('b', { pingTimeout: 30_000, maxLifetime: 0 }))
  journal.ended('c')
  journal.ended('never there')
  t.same(left(), { status: 'read', notes: [noted('a'), noted('b', { pingTimeout: 30_000, maxLifetime: 0 })], unsound: [], unchained: [], torn: false })
  t.equal(statSync(path).mode & 0o777, 0o600)
  journal.close()
  journal.close()
  journal.ended('a')
  t.equal(left().notes.length, 2, 'a journal that was closed is left as it is')
})

t.test('a journal that is not there, or empty, is of nobody', async t => {
  const { path, left } = stage(t)
  const nothing = { status: 'read', notes: [], unsound: [], unchained: [], torn: false }
  t.same(left(), nothing)
  writeFileSync(path, '')
  t.same(left(), nothing)
  mkdirSync(`${path}.d`)
  t.throws(() => readJournal(`${path}.d`), { code: 'EISDIR' })
})

t.test('a record that was cut off at any byte is as if it had never been begun, and hurts no other', async t => {
  const { path, open, left } = stage(t)
  const journal = open()
  journal.begin()
  journal.note(noted('a'))
  journal.note(noted('b', { model: 'größer' }))
  journal.ended('a')
  journal.note(noted('b', { state: 'ready', model: 'größer' }))
  journal.close()
  const whole = readFileSync(path)
  const begins = whole.lastIndexOf('\n', -2) + 1
  for (let end = begins; end < whole.length; end++) {
    writeFileSync(path, whole.subarray(0, end))
    const { notes, unsound, torn } = left()
    const complete = end === whole.length - 1
    t.same([notes, unsound, torn], [[noted('b', { state: complete ? 'ready' : 'connected', model: 'größer' })], [], !complete && end > begins], `${end - begins} bytes`)
  }
})

t.test('a line that was altered in any character is left out and told, the others hold', async t => {
  const { path, open, left, lines } = stage(t)
  const journal = open()
  journal.begin()
  for (const id of ['a', 'b', 'c']) journal.note(noted(id))
  journal.close()
  const [head = '', ...all] = lines()
  const line = all[1] ?? ''
  for (let at = 0; at < line.length; at++) {
    const altered = line.slice(0, at) + (line[at] === '0' ? '1' : '0') + line.slice(at + 1)
    writeFileSync(path, [head, all[0], altered, all[2], ''].join('\n'))
    const { notes, unsound, unchained, torn } = left()
    if (notes.length !== 2 || unsound[0] !== 3 || unchained.length > 0 || torn) t.fail(`character ${at}: ${altered}`)
  }
  writeFileSync(path, [head, 'nonsense', ...all, '{"event":"session"}', ''].join('\n'))
  t.same([left().notes.length, left().unsound, left().unchained], [3, [2, 6], []])
})

t.test('whole lines that were removed, moved or put in are told, and what is left is taken', async t => {
  const { path, open, left, lines } = stage(t)
  const journal = open()
  journal.begin()
  for (const id of ['a', 'b', 'c']) journal.note(noted(id))
  journal.ended('a')
  journal.close()
  const [head = '', a = '', b = '', c = '', ended = ''] = lines()
  const foreign = seal({ event: 'session', ...noted('x') }, { number: 2, hash: '1'.repeat(64) }).line
  const cases: Array<[string[], number[], string[]]> = [
    [[head, a, b, c, ended], [], ['b', 'c']],
    [[head, a, c, ended], [3], ['c']],
    [[head, a, ended], [3], []],
    [[a, b, c, ended], [1], ['b', 'c']],
    [[head, a, foreign, c, ended], [3, 4], ['x', 'c']],
    [[head, a, b, c, b, ended], [5, 6], ['b', 'c']],
    [[head, b, a, c, ended], [2, 3, 4], ['b', 'c']],
    [[head, a, 'nonsense', c, ended], [], ['c']],
    [[head, 'nonsense', c, ended], [3], ['c']]
  ]
  for (const [text, unchained, ids] of cases) {
    writeFileSync(path, [...text, ''].join('\n'))
    const reading = left()
    t.same([reading.unchained, reading.notes.map(({ id }) => id)], [unchained, ids])
    t.equal(/lines are missing.* before line (.*?):/.exec(harmDone(reading) ?? '')?.[1] ?? '', unchained.join(', '))
  }
})

t.test('a journal of another version is not read', async t => {
  const { path } = stage(t)
  const { line, link } = seal({ event: 'journal', version: 3 }, origin)
  writeFileSync(path, `${line}\n${seal({ event: 'something', of: 'tomorrow' }, link).line}\n`)
  t.same(readJournal(path), { status: 'otherVersion', version: 3 })
})

t.test('it is written anew before it grows without end', async t => {
  const { path, open, left } = stage(t)
  const journal = open()
  journal.begin()
  let largest = 0
  for (let turn = 0; turn < 4_000; turn++) {
    journal.note(noted('a', { state: turn % 2 === 0 ? 'ready' : 'connected' }))
    largest = Math.max(largest, turn % 100 === 0 ? statSync(path).size : 0)
  }
  t.ok(largest > 500_000 && largest < 1_100_000, `${largest} bytes`)
  t.ok(statSync(path).size < 1_100_000)
  t.same(left().notes, [noted('a', { state: 'connected' })])
  t.same(left().unsound, [])
})

t.test('one that cannot be written is told once, and is whole again when it can', async t => {
  const { path, problems, open, left } = stage(t)
  const folder = join(path, '..')
  const journal = open()
  renameSync(folder, `${folder}-away`)
  t.teardown(() => { rmSync(`${folder}-away`, { recursive: true, force: true }) })
  journal.begin()
  journal.note(noted('a'))
  t.equal(problems.length, 1)
  t.match(problems[0], /ENOENT/)
  renameSync(`${folder}-away`, folder)
  journal.note(noted('b'))
  t.same(left().notes, [noted('a'), noted('b')])
  t.equal(problems.length, 1)
})
