import { once } from 'node:events'
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import { LauncherProcess } from '../../src/launcher/launcher-process.ts'
import type { ChildExit, StartOrder } from '../../src/spawning/launcher.ts'
import { buildLauncher } from '../fixtures/build-launcher.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'
import { isAlive, noChildrenLeft, processesWithArgument } from '../fixtures/leak-check.ts'
import { launcherContract, waitUntil } from './contract.ts'

const built = buildLauncher()
t.teardown(built.remove)
const processes = () => processesWithArgument(built.entry)

let folders = 0
function newFolder (): string {
  const folder = join(built.folder, `state-${++folders}`)
  mkdirSync(folder, { mode: 0o700 })
  return folder
}

/** The launcher as one service after the other sees it. */
function service (folder: string, seconds = 60) {
  const launcher = new LauncherProcess({ clock: systemClock, command: [process.execPath, built.entry], keeping: { folder, seconds } })
  const exits: ChildExit[] = []
  launcher.on('exited', exit => { exits.push(exit) })
  return { launcher, exits }
}

const sh = (id: string, script: string): StartOrder => ({ id, executable: '/bin/sh', args: ['-c', script, id], env: { PATH: '/usr/bin:/bin' }, logFile: null, logBytes: 0 })

async function started (launcher: LauncherProcess, order: StartOrder): Promise<number> {
  const result = await launcher.start(order)
  if (result.status === 'failed') throw new Error(result.message)
  return result.pid
}

async function gone (t: Test, ...pids: number[]): Promise<void> {
  await waitUntil(() => processes().length === 0 && !pids.some(isAlive))
  noChildrenLeft(t, [...pids, ...processes()])
}

launcherContract(t, () => ({ launcher: service(newFolder()).launcher, processes }))

t.test('a launcher that is kept has its children for the next service, which hears of them as if it had started them', async t => {
  const folder = newFolder()
  const first = service(folder)
  const pid = await started(first.launcher, sh('stays', 'exec sleep 60'))
  const [launcher] = processes()
  await first.launcher.leave()
  await first.launcher.close()
  t.ok(isAlive(pid))
  t.same(first.exits, [])

  const second = service(folder)
  await second.launcher.open()
  t.match(second.launcher.kept, [{ id: 'stays', pid, startTime: /^\d+$/, ended: false }])
  t.same(processes(), [launcher], 'it is the same launcher')
  t.match(await second.launcher.start(sh('stays', 'exit 0')), { code: 'DUPLICATE_ID' })
  second.launcher.resume()
  const ended = once(second.launcher, 'exited')
  second.launcher.signal('stays', 'SIGTERM')
  t.match((await ended)[0], { id: 'stays', pid, signal: 'SIGTERM' })
  await second.launcher.close()
  await gone(t, pid)
  t.notOk(readdirSync(folder).some(name => name.endsWith('.sock')), 'no socket is left behind')
})

t.test('an end that nobody heard is told to the next service, once, and not before it listens', async t => {
  const folder = newFolder()
  const first = service(folder)
  const stop = join(folder, 'stop')
  const pid = await started(first.launcher, sh('ends', `echo the last word; while [ ! -e ${stop} ]; do sleep 0.02; done; exit 7`))
  await first.launcher.leave()
  mkdirSync(stop)
  await waitUntil(() => !isAlive(pid))

  let second = service(folder)
  await second.launcher.open()
  // It is gone a moment before its last words are heard.
  while (second.launcher.kept[0]?.ended === false) {
    await second.launcher.leave()
    second = service(folder)
    await second.launcher.open()
  }
  t.match(second.launcher.kept, [{ id: 'ends', pid, ended: true }])
  // Answers come in their order: whatever was told before is here with the next one's.
  await started(second.launcher, sh('other', 'exec sleep 60'))
  t.same(second.exits, [])
  second.launcher.resume()
  await waitUntil(() => second.exits.length > 0)
  t.same(second.exits, [{ id: 'ends', pid, code: 7, signal: null, outputTail: 'the last word\n' }])
  await started(second.launcher, sh('another', 'exec sleep 60'))
  await second.launcher.leave()

  const third = service(folder)
  await third.launcher.open()
  t.same(third.launcher.kept.map(({ id }) => id), ['other', 'another'], 'it was heard')
  await third.launcher.close()
  await gone(t, pid)
})

t.test('a second service is turned away while there is one, and hurts nobody', async t => {
  const folder = newFolder()
  const first = service(folder)
  const pid = await started(first.launcher, sh('mine', 'exec sleep 60'))
  const second = service(folder)
  await t.rejects(second.launcher.open(), /another service that runs keeps its sessions in/)
  await second.launcher.close()
  t.ok(isAlive(pid))
  t.equal(processes().length, 1)
  await first.launcher.close()
  await gone(t, pid)
})

t.test('whoever does not know the key is not heard', async t => {
  const folder = newFolder()
  const first = service(folder)
  const pid = await started(first.launcher, sh('mine', 'exec sleep 60'))
  await first.launcher.leave()
  const { socket, key } = JSON.parse(readFileSync(join(folder, 'launcher.json'), 'utf8')) as Record<'socket' | 'key', string>
  t.equal(statSync(join(folder, 'launcher.json')).mode & 0o777, 0o600)
  for (const words of [{ type: 'hello', version: 1, key: key.replace(/./g, '0'), seconds: 0 }, { type: 'hello', version: 1, key: '', seconds: 0 }, { type: 'close' }, { type: 'signal', id: 'mine', signal: 'SIGKILL' }, 'nonsense']) {
    const stranger = connect(socket).on('error', () => {})
    let answer = ''
    stranger.on('data', chunk => { answer += String(chunk) })
    stranger.write(`${JSON.stringify(words)}\n`)
    await once(stranger, 'close')
    t.equal(answer, '', JSON.stringify(words))
  }
  t.ok(isAlive(pid))
  const other = connect(socket)
  other.write(`${JSON.stringify({ type: 'hello', version: 99, key, seconds: 0 })}\n`)
  t.equal(String((await once(other, 'data'))[0]), '{"type":"refused","why":"version"}\n')
  const second = service(folder)
  await second.launcher.open()
  t.equal(second.launcher.kept.length, 1)
  await second.launcher.close()
  await gone(t, pid)
})

t.test('without a service for its time the launcher ends its children and itself, also those that do not obey', async t => {
  const folder = newFolder()
  const first = service(folder, 0.3)
  const quick = await started(first.launcher, sh('quick', 'exec sleep 60'))
  const deaf = await started(first.launcher, sh('deaf', 'trap "" TERM; while :; do sleep 1; done'))
  await first.launcher.leave()
  await gone(t, quick, deaf)
  const late = service(folder)
  await late.launcher.open()
  t.same(late.launcher.kept, [], 'a service that comes later finds a launcher of its own')
  await late.launcher.close()
  await gone(t)
})

t.test('a kept launcher that is killed takes its children with it, and another one takes over', async t => {
  const { launcher, exits } = service(newFolder())
  const pid = await started(launcher, sh('child', 'exec sleep 60'))
  const back = once(launcher, 'restarted')
  process.kill(Number(processes()[0]), 'SIGKILL')
  await back
  t.match(exits, [{ id: 'child', pid, signal: 'SIGKILL' }])
  await started(launcher, sh('next', 'exec sleep 60'))
  await launcher.close()
  await gone(t, pid)
})

t.test('a launcher that never listens is given up and ended', async t => {
  const clock = new FakeClock()
  const entry = join(built.folder, 'deaf.mjs')
  writeFileSync(entry, 'setInterval(() => {}, 1000)')
  const launcher = new LauncherProcess({ clock, command: [process.execPath, entry], keeping: { folder: newFolder(), seconds: 60 } })
  const opened = t.rejects(launcher.open(), /does not start: it could not be started/)
  await clock.advance(5_000)
  await opened
  const closed = launcher.close()
  await clock.advance(5_000)
  await closed
  await waitUntil(() => processesWithArgument(entry).length === 0)
  t.equal(clock.pending, 0)
})
