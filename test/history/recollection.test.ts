import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ChainedFile } from '../../src/history/chained-file.ts'
import { recollect } from '../../src/history/recollection.ts'
import type { Transition } from '../../src/history/transition.ts'

const step = (from: Transition['from'], to: Transition['to']): Transition => ({ at: '2026-11-25T03:00:00.000Z', from, to, by: 'service', reason: null, renderer: 'csr', model: 'engine', via: 'rest', port: 20_000, pid: 77, exitCode: null, signal: null })
const record = (session: string, from: Transition['from'], to: Transition['to']) => ({ event: 'session', session, ...step(from, to) })

/** Writes records, each to a file of its own but for those that belong together. */
async function written (path: string, files: ReadonlyArray<ReadonlyArray<ReturnType<typeof record>>>): Promise<void> {
  const file = await ChainedFile.open({ path, limit: 1, keep: 9 })
  for (const entries of files) await file.append(entries)
  await file.close()
}

t.test('the steps of some sessions are found in all files, in their order', async t => {
  const path = join(t.testdir(), 'history.jsonl')
  await written(path, [
    [record('a', null, 'queued'), record('other', null, 'queued')],
    [record('a', 'queued', 'starting'), record('b', null, 'queued')],
    [record('a', null, 'adopted'), record('other', 'queued', 'starting')],
    [record('a', 'adopted', 'connected')]
  ])
  t.same(Object.fromEntries(await recollect(path, ['a', 'b', 'c'])), {
    a: [step(null, 'queued'), step('queued', 'starting'), step(null, 'adopted'), step('adopted', 'connected')],
    b: [step(null, 'queued')],
    c: []
  })
})

t.test('no file is opened that nobody needs', async t => {
  const path = join(t.testdir(), 'history.jsonl')
  await written(path, [[record('old', null, 'queued')], [record('a', null, 'queued')]])
  t.same(await recollect(path, []), new Map())
  writeFileSync(`${path}.1`, readFileSync(`${path}.1`, 'utf8').replaceAll('old', 'a'.padEnd(3)))
  t.same([...await recollect(path, ['a'])], [['a', [step(null, 'queued')]]], 'the file before is of no interest')
})

t.test('a record that was altered, and a line that was never finished, are left out; where there is nothing, nothing is known', async t => {
  const dir = t.testdir()
  const path = join(dir, 'history.jsonl')
  t.same(await recollect(path, ['a']), new Map([['a', []]]))
  await written(path, [[record('a', null, 'queued'), record('a', 'queued', 'starting'), record('a', 'starting', 'ready')]])
  writeFileSync(path, readFileSync(path, 'utf8').replace('"to":"starting"', '"to":"connected"'))
  appendFileSync(path, '{"at":"2026","event":"session","session":"a"')
  t.same(await recollect(path, ['a']), new Map([['a', [step(null, 'queued'), step('starting', 'ready')]]]))
  await t.rejects(recollect(join(dir, 'nowhere', 'history.jsonl'), ['a']), { code: 'ENOENT' })
})
