import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { listeners, procHolder } from '../../src/ports/port-holder.ts'
import { isAlive, portRange } from '../fixtures/leak-check.ts'
import { comesTrue } from '../fixtures/slipway.ts'
import { untap } from '../fixtures/untap.ts'

untap()
const onLinux = { skip: process.platform !== 'linux' && 'no /proc to ask' }

/** A process that listens on a port until it is told to stop listening, or killed. */
async function listener (t: Test, port: number, behind: string[] = []): Promise<ChildProcess & { pid: number }> {
  const program = `const server = require('node:net').createServer().listen(${port}, '127.0.0.1', () => { console.log('listening') })
    process.stdin.on('data', () => { server.close(() => { console.log('closed') }) })`
  const [command = '', ...args] = [...behind, process.execPath, '-e', program]
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'], detached: true })
  const { pid } = child
  if (pid === undefined) throw new Error('not started')
  t.teardown(() => { if (isAlive(pid)) process.kill(-pid, 'SIGKILL') })
  await once(child.stdout, 'data')
  return Object.assign(child, { pid })
}

const lost = async (pid: number, port: number) => {
  const found = await procHolder(pid, port)
  if (found.status !== 'known') throw new Error(JSON.stringify(found))
  return found.lost
}

t.test('who listens on a port is known, and what becomes of it', onLinux, async t => {
  const port = await portRange(1)
  const child = await listener(t, port)
  const look = await lost(child.pid, port)
  t.equal(look(), null)
  process.kill(child.pid, 'SIGSTOP')
  await comesTrue('it is stopped', () => look() === 'its process is stopped')
  process.kill(child.pid, 'SIGCONT')
  await comesTrue('it goes on', () => look() === null)
  child.stdin?.write('close')
  if (child.stdout) await once(child.stdout, 'data')
  t.equal(look(), `it no longer listens on port ${port}`)
  t.same(await procHolder(child.pid, port), { status: 'stranger', why: `nobody listens on port ${port}` })
  const other = createServer().listen(port, '127.0.0.1')
  await once(other, 'listening')
  t.same(await procHolder(child.pid, port), { status: 'stranger', why: `another process listens on port ${port}` })
  other.close()
  child.kill('SIGKILL')
  await once(child, 'exit')
  t.equal(look(), 'its process is gone')
})

t.test('a process behind a script is known too', onLinux, async t => {
  const port = await portRange(1)
  const child = await listener(t, port, ['/bin/sh', '-c', '"$@"; true', 'sh'])
  const look = await lost(child.pid, port)
  t.equal(look(), null)
})

t.test('a process that is gone holds nothing', onLinux, async t => {
  const port = await portRange(1)
  const child = await listener(t, port)
  const { pid } = child
  child.kill('SIGKILL')
  await once(child, 'exit')
  t.match(await procHolder(pid, port), { status: 'stranger' })
  const other = createServer().listen(port, '127.0.0.1')
  await once(other, 'listening')
  t.same(await procHolder(pid, port), { status: 'stranger', why: 'its process is gone' })
  other.close()
})

t.test('of the kernel’s table only those that listen on the port count', async t => {
  const row = (port: string, state: string, inode: number) => `   0: 0100007F:${port} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0`
  t.same(listeners(['  sl  local_address rem_address   st', row('2AF8', '0A', 1), row('2AF8', '01', 2), row('2AF9', '0A', 3), ''].join('\n'), 11_000), ['1'])
})
