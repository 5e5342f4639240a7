import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Retention, type RetentionLimits } from '../../src/logs/retention.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

const name = (n: number) => `comm_scserver_csr_2026_01_02_03_04_0${n}_${n}.log`

/** A folder with logs that were written 0, 1, 2… minutes ago, ten bytes each, and two files of somebody else's. */
function stage (t: Test, limits: Partial<RetentionLimits>, living: readonly number[] = []) {
  const dir = t.testdir({ 'notes.txt': 'mine', 'other.log': 'mine too' })
  const clock = new FakeClock()
  for (let n = 0; n < 5; n++) {
    const path = join(dir, name(n))
    writeFileSync(path, '0123456789')
    utimesSync(path, 0, (clock.now() - n * 60_000) / 1_000)
  }
  for (const other of ['notes.txt', 'other.log']) utimesSync(join(dir, other), 0, 1)
  const retention = new Retention({ dir, limits: { age: 0, files: 0, bytes: 0, ...limits }, living: file => living.some(n => name(n) === file), clock })
  const left = () => readdirSync(dir).sort().map(file => file.startsWith('comm_') ? Number(/(\d)\.log$/.exec(file)?.[1]) : file)
  return { retention, clock, left }
}

t.test('without limits everything stays', async t => {
  const { retention, left } = stage(t, {})
  await retention.sweep()
  t.same(left(), [0, 1, 2, 3, 4, 'notes.txt', 'other.log'])
})

t.test('files go when they are old, and no other ones', async t => {
  const { retention, clock, left } = stage(t, { age: 150_000 })
  await retention.sweep()
  t.same(left(), [0, 1, 2, 'notes.txt', 'other.log'])
  await clock.advance(60_000)
  await retention.sweep()
  t.same(left(), [0, 1, 'notes.txt', 'other.log'])
  await clock.advance(86_400_000)
  await retention.sweep()
  t.same(left(), ['notes.txt', 'other.log'])
})

t.test('the oldest go when there are too many, or when they are too large together', async t => {
  for (const limits of [{ files: 3 }, { bytes: 30 }, { bytes: 39 }]) {
    const { retention, left } = stage(t, limits)
    await retention.sweep()
    t.same(left(), [0, 1, 2, 'notes.txt', 'other.log'], JSON.stringify(limits))
  }
})

t.test('what is being written stays, however old, and counts', async t => {
  const { retention, left } = stage(t, { files: 2, age: 30_000 }, [3, 4])
  await retention.sweep()
  t.same(left(), [3, 4, 'notes.txt', 'other.log'])
})

t.test('a folder that is not there, and sweeps at the same time, are nothing', async t => {
  const { retention, left } = stage(t, { files: 1 })
  await Promise.all([retention.sweep(), retention.sweep(), retention.sweep()])
  t.same(left(), [0, 'notes.txt', 'other.log'])
  await new Retention({ dir: '/nowhere/at/all', limits: { age: 1, files: 1, bytes: 1 }, living: () => false, clock: new FakeClock() }).sweep()
})
