import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { findByArguments, identify, isRunning, killGroup } from '../../src/launcher/process-identity.ts'

t.test('a process is recognised by its pid and its start time, and no longer after its end', async t => {
  const child = spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore' })
  const pid = Number(child.pid)
  const identity = identify(pid)
  if (identity === null) throw new Error('the child is not there')
  t.match(identity, { pid, startTime: /^\d+$/ })
  t.ok(isRunning(identity))
  killGroup(identity)
  await once(child, 'exit')
  t.notOk(isRunning(identity))
  t.equal(identify(pid), null)
})

t.test('a stranger that has got the pid is never killed', async t => {
  const stranger = spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore' })
  const pid = Number(stranger.pid)
  const earlier = { pid, startTime: String(Number(identify(pid)?.startTime) - 1) }
  t.notOk(isRunning(earlier), 'the one we knew is gone')
  killGroup(earlier)
  killGroup({ pid, startTime: null })
  stranger.kill('SIGTERM')
  t.same(await once(stranger, 'exit'), [null, 'SIGTERM'])
})

t.test('a zombie does not run', async t => {
  const parent = spawn('/bin/sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'], env: { PATH: '/usr/bin:/bin' } })
  t.teardown(() => { parent.kill('SIGKILL') })
  const [line] = await once(parent.stdout, 'data') as [Buffer]
  // A shell collects its children, the program that takes its place does not.
  while (!readFileSync(`/proc/${parent.pid}/cmdline`, 'utf8').startsWith('sleep')) await new Promise(resolve => { setImmediate(resolve) })
  process.kill(Number(line), 'SIGKILL')
  while (identify(Number(line)) !== null) await new Promise(resolve => { setImmediate(resolve) })
  t.equal(process.kill(Number(line), 0), true, 'its pid is still taken')
  parent.kill('SIGKILL')
  await once(parent, 'exit')
})

t.test('a child is found by all of its arguments and not by a part of them', async t => {
  const args = ['-c', 'sleep 60; exit 0', `unique-${process.pid}`]
  const child = spawn('/bin/sh', args, { detached: true, stdio: 'ignore' })
  const leader = identify(Number(child.pid))
  t.ok(findByArguments([['nothing'], args]).some(found => found.pid === leader?.pid && found.startTime === leader?.startTime))
  t.same(findByArguments([['-c', `unique-${process.pid}`]]), [])
  t.same(findByArguments([]), [])
  if (leader !== null) killGroup(leader)
  await once(child, 'exit')
})
