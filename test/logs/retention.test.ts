import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { OwnFiles } from '../../src/logs/own-files.ts'
import { Retention, type RetentionLimits } from '../../src/logs/retention.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

const name = (n: number) => `comm_scserver_csr_2026_01_02_03_04_0${n}_${n}.log`

/** The log of an official server, and of one of its spawns. */
const official = ['comm_server_2019_01_02_03_04_05_77.log', 'comm_scserver_ssr_2019_01_02_03_04_05_0b8f2c1e-7a53-4c8e-9f0a-2f1d6f6f9a11.log']
const others = ['notes.txt', 'other.log', ...official].sort()

/** A folder with logs that were written 0, 1, 2… minutes ago, ten bytes each, and files of somebody else's. */
function stage (t: Test, limits: Partial<RetentionLimits>, living: readonly number[] = [], makers: Record<number, string> = {}) {
  const dir = t.testdir(Object.fromEntries(others.map(other => [other, 'mine'])))
  const clock = new FakeClock()
  const own = new OwnFiles(dir, clock)
  const deleted: Array<[number, number]> = []
  for (let n = 0; n < 5; n++) {
    const path = join(dir, name(n))
    writeFileSync(path, '0123456789')
    if (makers[n] === undefined) own.note(name(n))
    else writeFileSync(join(dir, '.slipway-logs'), `${name(n).replace('.log', '')} ${makers[n]}\n`, { flag: 'a' })
    utimesSync(path, 0, (clock.now() - n * 60_000) / 1_000)
  }
  for (const other of others) utimesSync(join(dir, other), 0, 1)
  const retention = new Retention({ dir, own, deleted: (files, bytes) => { deleted.push([files, bytes]) }, limits: { age: 0, files: 0, bytes: 0, ...limits }, living: () => file => living.some(n => name(n).startsWith(file)), clock })
  const left = () => {
    const files = readdirSync(dir).filter(file => file !== '.slipway-logs')
    return [...files.filter(file => /_\d\.log$/.test(file)).map(file => Number(/(\d)\.log$/.exec(file)?.[1])).sort(), ...files.filter(file => !/_\d\.log$/.test(file)).sort()]
  }
  return { dir, own, retention, clock, left, deleted }
}

t.test('without limits everything stays', async t => {
  const { retention, left } = stage(t, {})
  await retention.sweep()
  t.same(left(), [0, 1, 2, 3, 4, ...others])
})

t.test('files go when they are old, and no other ones', async t => {
  const { retention, clock, left } = stage(t, { age: 150_000 })
  await retention.sweep()
  t.same(left(), [0, 1, 2, ...others])
  await clock.advance(60_000)
  await retention.sweep()
  t.same(left(), [0, 1, ...others])
  await clock.advance(86_400_000)
  await retention.sweep()
  t.same(left(), [...others])
})

t.test('the oldest go when there are too many, or when they are too large together', async t => {
  for (const limits of [{ files: 3 }, { bytes: 30 }, { bytes: 39 }]) {
    const { retention, left } = stage(t, limits)
    await retention.sweep()
    t.same(left(), [0, 1, 2, ...others], JSON.stringify(limits))
  }
})

t.test('what is being written stays, however old, and counts', async t => {
  const { retention, left } = stage(t, { files: 2, age: 30_000 }, [3, 4])
  await retention.sweep()
  t.same(left(), [3, 4, ...others])
})

t.test('a folder that is not there, and sweeps at the same time, are nothing', async t => {
  const { retention, left } = stage(t, { files: 1 })
  await Promise.all([retention.sweep(), retention.sweep(), retention.sweep()])
  t.same(left(), [0, ...others])
  await new Retention({ dir: '/nowhere/at/all', own: new OwnFiles('/nowhere/at/all', new FakeClock()), deleted: () => {}, limits: { age: 1, files: 1, bytes: 1 }, living: () => () => false, clock: new FakeClock() }).sweep()
})

t.test('the logs of another server in the same folder stay, and do not count', async t => {
  const { retention, left, deleted } = stage(t, { files: 5, bytes: 50, age: 1e9 })
  await retention.sweep()
  t.same(left(), [0, 1, 2, 3, 4, ...others])
  t.same(deleted, [])
})

t.test('files of another process that lives stay; those of one that is gone do not', async t => {
  const { retention, left, deleted } = stage(t, { files: 1 }, [], { 2: `${process.ppid} ${hostname()}`, 3: `4194999 ${hostname()}` })
  await retention.sweep()
  t.same(left(), [2, ...others])
  t.same(deleted, [[4, 40]], 'how many went, and how large they were')
})

t.test('files of a process on another machine stay while they are written, a day at most', async t => {
  const { retention, clock, left } = stage(t, { files: 1 }, [], { 4: '7 another-machine' })
  await retention.sweep()
  t.same(left(), [4, ...others])
  await clock.advance(86_400_000)
  await retention.sweep()
  t.same(left(), [4, ...others], 'one may stay')
  const more = stage(t, { age: 1 }, [], { 4: '7 another-machine' })
  await more.clock.advance(86_400_000)
  await more.retention.sweep()
  t.same(more.left(), others)
})

t.test('the list of the files is cleared of those that are gone, when they are many', async t => {
  const { dir, own, retention } = stage(t, {}, [1])
  writeFileSync(join(dir, '.slipway-logs'), Array.from({ length: 1_000 }, (_, n) => `comm_server_2026_01_02_03_04_05_${n} 4194999 ${hostname()}\n`).join(''), { flag: 'a' })
  await retention.sweep()
  t.same([...(await own.makers()).keys()].sort(), [0, 1, 2, 3, 4].map(n => name(n).replace('.log', '')))
  t.notOk(readdirSync(dir).some(file => /^\.slipway-logs\./.test(file)))
})
