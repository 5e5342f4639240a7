import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { doubt, procLook, type Found } from '../../src/keeping/proof.ts'
import { noted } from './noted.ts'

const child = { id: 'a', pid: 77, startTime: '1000', ended: false }
const found: Found = { startTime: '1000', executable: '/opt/ts3d_sc_server', args: ['/opt/ts3d_sc_server', '--id', 'a', '--sc-port', '20001', ''], kept: false }

t.test('a process is the session’s when pid, start time, executable and secret fit', async t => {
  for (const known of [child, null]) t.equal(doubt(noted('a'), known, pid => pid === 77 ? found : null), null)
  t.equal(doubt(noted('a'), child, () => ({ ...found, kept: true })), null, 'its own launcher has it')
})

t.test('if anything differs it is a stranger', async t => {
  const strangers: Array<[string, ReturnType<typeof doubt>, RegExp]> = [
    ['no process', doubt(noted('a'), child, () => null), /its process is gone/],
    ['the same pid, started at another time', doubt(noted('a'), child, () => ({ ...found, startTime: '1001' })), /another process has its pid by now/],
    ['another executable', doubt(noted('a'), child, () => ({ ...found, executable: '/usr/bin/sleep' })), /runs \/usr\/bin\/sleep, not \/opt\/ts3d_sc_server/],
    ['another secret', doubt(noted('a'), child, () => ({ ...found, args: ['/opt/ts3d_sc_server', '--id', 'b', 'aa', ''] })), /does not know its secret/],
    ['another pid by its launcher', doubt(noted('a'), { ...child, pid: 78 }, () => found), /its launcher has another process/],
    ['another start time by its launcher', doubt(noted('a'), { ...child, startTime: '999' }, () => found), /its launcher has another process/],
    ['no start time by its launcher', doubt(noted('a'), { ...child, startTime: null }, () => found), /its launcher has another process/],
    ['a stranger without a launcher', doubt(noted('a'), null, () => ({ ...found, startTime: '1001' })), /another process has its pid by now/],
    ['a child of another launcher', doubt(noted('a'), null, () => ({ ...found, kept: true })), /another launcher has its process/],
    ['nothing noted', doubt(noted('a', { pid: null }), child, () => found), /not noted/],
    ['no start time noted', doubt(noted('a', { startTime: null }), { ...child, startTime: null }, () => found), /not noted/],
    ['no executable noted', doubt(noted('a', { executable: null }), child, () => found), /not noted/]
  ]
  for (const [what, why, words] of strangers) t.match(why, words, what)
})

t.test('a living process is seen as it is, also when its file was replaced', async t => {
  const path = join(t.testdir({}), 'program')
  fs.copyFileSync('/bin/sleep', path)
  const running = spawn(path, ['60'])
  t.teardown(() => { running.kill('SIGKILL') })
  const pid = running.pid ?? 0
  // Until its program runs it is a copy of this process.
  while (procLook(pid)?.executable !== path) await new Promise(resolve => { setImmediate(resolve) })
  const before = procLook(pid)
  t.match(before, { startTime: /^\d+$/, executable: path, args: [path, '60', ''], kept: false })
  fs.unlinkSync(path)
  t.same(procLook(pid), before)
  t.equal(procLook(2 ** 30), null)
})

t.test('a parent that does not show itself hides nothing of its child', async t => {
  const running = spawn('/bin/sleep', ['60'])
  t.teardown(() => { running.kill('SIGKILL') })
  const pid = running.pid ?? 0
  while (procLook(pid)?.args[0] !== '/bin/sleep') await new Promise(resolve => { setImmediate(resolve) })
  const seen = procLook(pid)
  const { procLook: look } = await t.mockImport<typeof import('../../src/keeping/proof.ts')>('../../src/keeping/proof.ts', {
    'node:fs': t.createMock(fs, {
      readFileSync: (path: string, encoding: 'utf8') => {
        if (path === `/proc/${process.pid}/cmdline`) throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
        return fs.readFileSync(path, encoding)
      }
    })
  })
  t.same(look(pid), seen)
})
