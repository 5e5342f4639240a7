import t from 'tap'
import { adopt as adoptAll } from '../../src/keeping/adoption.ts'
import type { Found, Look } from '../../src/keeping/proof.ts'
import type { KeptChild } from '../../src/spawning/launcher.ts'
import { settle } from '../fixtures/fake-clock.ts'
import type { FakeLauncher } from '../fixtures/fake-launcher.ts'
import { spawnerStage } from '../fixtures/spawner-stage.ts'
import { noted } from './noted.ts'

const process = (id: string, changes: Partial<Found> = {}): Found => ({ startTime: '1000', executable: '/opt/ts3d_sc_server', args: ['/opt/ts3d_sc_server', '--id', id], kept: false, ...changes })
const child = (id: string, changes: Partial<KeptChild> = {}): KeptChild => ({ id, pid: 77, startTime: '1000', ended: false, ...changes })

const killed: number[] = []
const adopt = (notes: Parameters<typeof adoptAll>[0], launcher: FakeLauncher, spawner: Parameters<typeof adoptAll>[2], look: Look) => {
  killed.length = 0
  return adoptAll(notes, launcher, spawner, look, ({ pid }) => { killed.push(pid) })
}

/** A new service, and a launcher with children of the one before. */
function stage (kept: KeptChild[], options: Parameters<typeof spawnerStage>[0] = {}) {
  const all = spawnerStage({ max: 3, ...options })
  const actors: string[] = []
  all.spawner.on('session', ({ state }, from, by) => { actors.push(`${from ?? '-'}>${state} ${by}`) })
  all.launcher.kept = kept
  for (const { id, ended } of kept) if (!ended) all.launcher.alive.add(id)
  return { ...all, actors }
}

t.test('a session that is proven goes on with its id, its port and its times, and its first report says how it is', async t => {
  const { spawner, launcher, ports, report, diary, actors, presence, clock } = stage([child('a')])
  t.same(adopt([noted('a')], launcher, spawner, () => process('a')), { adopted: ['a'], ended: [], lost: [], unknown: [] })
  t.ok(launcher.resumed)
  t.match(spawner.session('a'), { state: 'adopted', port: 20_001, pid: 77, model: 'engine', via: 'rest', createdAt: 900_000.5, endedAt: null })
  t.same(ports.counts(), { free: 2, leased: 1, resting: 0, blocked: 0 })
  presence.says = 'present'
  t.equal(report('a', 'ping'), 'taken', 'by the secret it always had')
  await settle()
  t.same(diary, ['a ->adopted', 'a adopted>connected'])
  t.same(actors, ['->adopted service', 'adopted>connected viewer'])
  t.same(launcher.signals, [])
  t.match(spawner.note('a'), { caller: '127.0.0.1', requestedAt: 900_001, readyAt: 900_100 }, 'and it may be taken over once more')
  report('a', 'disconnect')
  launcher.exit('a', {})
  t.match(spawner.session('a'), { state: 'stopped', reason: 'client_closed' })
  await clock.advance(2_000)
  t.equal(ports.counts().free, 3)
})

t.test('one without a viewer waits for it anew, one with a viewer on a tunnel is joined, one that is silent is stopped', async t => {
  const { spawner, launcher, report, clock, diary } = stage([child('a'), child('b', { pid: 78 }), child('c', { pid: 79 })])
  const look: Look = pid => process(pid === 77 ? 'a' : pid === 78 ? 'b' : 'c')
  adopt([noted('a'), noted('b', { pid: 78, port: 20_002 }), noted('c', { pid: 79, port: 20_000 })], launcher, spawner, look)
  report('a', 'ping', { viewers: 0 })
  spawner.viewerCame('b')
  t.same(diary.slice(3), ['a adopted>ready', 'b adopted>connected'])
  await clock.advance(17_000)
  t.match(diary.filter(line => line.startsWith('c')), ['c ->adopted', 'c adopted>draining ping_timeout', 'c draining>failed ping_timeout'])
})

for (const [what, look, others] of [
  ['a pid that somebody else has by now', () => process('a', { startTime: '1001' }), {}],
  ['another executable', () => process('a', { executable: '/usr/bin/sleep' }), {}],
  ['a process that does not know the secret', () => process('b'), {}],
  ['another process by the launcher', () => process('a'), { pid: 78 }]
] as const satisfies Array<[string, Look, Partial<KeptChild>]>) {
  t.test(`${what} is neither adopted nor signalled, and the session ends`, async t => {
    const { spawner, launcher, ports, clock, diary } = stage([child('a', others)])
    const { lost, unknown } = adopt([noted('a')], launcher, spawner, look)
    t.match(lost, [{ id: 'a', pid: 77 }])
    t.same(unknown, [])
    t.same(diary, ['a ->adopted', 'a adopted>failed not_kept'])
    t.equal(ports.counts().leased, 0)
    await spawner.stopAll()
    await clock.advance(60_000)
    t.same([...launcher.signals, ...killed], [], 'not at the end either')
  })
}

t.test('one whose process has ended meanwhile gets its end and its reason', async t => {
  for (const [exit, end, ended] of [[{ code: 3 }, 'failed crashed', true], [{ code: null, signal: 'SIGSEGV' }, 'failed killed_by_signal', true], [{ code: 0 }, 'stopped exited', false]] as const) {
    // It may be gone before its launcher has noticed.
    const { spawner, launcher, diary } = stage([ended ? child('a', { startTime: null, ended }) : child('a')])
    t.same(adopt([noted('a')], launcher, spawner, () => null).ended, ['a'])
    launcher.alive.add('a')
    launcher.exit('a', exit)
    t.same(diary, ['a ->adopted', `a adopted>${end}`])
    t.same(launcher.signals, [])
  }
})

t.test('where the launcher is gone too, whoever is proven is killed, and nobody else', async t => {
  const { spawner, launcher, diary, ports } = stage([])
  const look: Look = pid => process(pid === 77 ? 'a' : 'somebody else')
  t.match(adopt([noted('a'), noted('b', { pid: 78 })], launcher, spawner, look), { adopted: [], lost: [{ id: 'a', why: /launcher is gone.*its process is ended/ }, { id: 'b', why: /launcher is gone, or knows nothing of it: / }] })
  t.same(diary, ['a ->adopted', 'a adopted>failed owner_lost', 'b ->adopted', 'b adopted>failed not_kept'])
  t.same(killed, [77])
  t.equal(ports.counts().leased, 0)
})

t.test('who was kept for nobody is ended, and so is who was ending anyway', async t => {
  for (const [state, changes, end] of [
    ['spare', { via: null }, 'stopped recycled'],
    ['draining', { reason: 'client_closed' }, 'stopped client_closed']
  ] as const) {
    const { spawner, launcher, diary } = stage([child('a')])
    adopt([noted('a', { state, ...changes })], launcher, spawner, () => process('a'))
    await settle()
    t.same(launcher.signals, ['SIGTERM'], state)
    t.equal(diary.at(-1), `a draining>${end}`)
  }
})

t.test('processes of which it was not noted who they are, are killed by their launcher', async t => {
  const { spawner, launcher } = stage([child('export'), child('a'), child('gone', { ended: true })])
  const { unknown } = adopt([noted('a', { state: 'starting', startTime: null, executable: null })], launcher, spawner, () => process('a'))
  t.same(unknown, ['export', 'a'], 'this one was just being started, and nobody was answered')
  t.same(launcher.signals, ['SIGKILL', 'SIGKILL'])
})

t.test('seats, quota and GPUs count those that were taken over', async t => {
  const { spawner, launcher, request } = stage([child('a'), child('b', { pid: 78 })], { max: 3, perCaller: 2, gpus: 2 })
  adopt([noted('a', { renderer: 'ssr', gpu: 1 }), noted('b', { pid: 78, port: 30_000 })], launcher, spawner, pid => process(pid === 77 ? 'a' : 'b'))
  t.same(spawner.gpuSessions(), [0, 1])
  t.match(await spawner.open(request({ caller: '127.0.0.1' })), { status: 'quota' })
  void spawner.open(request({ caller: 'somebody else' }))
  await settle()
  t.match(await spawner.open(request({ caller: 'a third' })), { status: 'full' })
  t.match(launcher.orders.map(({ args }) => args), [['--sc-port', '20000']])
  t.match(spawner.sessionOnPort(30_000), { id: 'b' }, 'a port that is no longer in the range too')
})

t.test('how long one was unused is counted from when it was ready, not from when it was asked for', async t => {
  for (const [readyAt, reason] of [[1_000_000, 'client_closed'], [1_000_000 - 60_000, 'first_connect_timeout']] as const) {
    const { spawner, launcher, report } = stage([child('a')])
    adopt([noted('a', { createdAt: 900_000, requestedAt: 900_000, readyAt, connectedAt: null })], launcher, spawner, () => process('a'))
    report('a', 'disconnect')
    t.equal(spawner.session('a')?.reason, reason)
  }
})

t.test('one that was never ready has not been unused', async t => {
  const { spawner, launcher } = stage([child('a', { ended: true })])
  adopt([noted('a', { state: 'starting', createdAt: 900_000, requestedAt: 900_000, readyAt: null, connectedAt: null })], launcher, spawner, () => null)
  launcher.alive.add('a')
  launcher.exit('a', { code: 0 })
  t.equal(spawner.session('a')?.reason, 'exited')
})
