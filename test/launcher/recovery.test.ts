import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { LauncherProcess } from '../../src/launcher/launcher-process.ts'
import { MAX_LINE_BYTES } from '../../src/launcher/protocol.ts'
import type { ChildExit, StartOrder } from '../../src/spawning/launcher.ts'
import { buildLauncher } from '../fixtures/build-launcher.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'
import { isAlive, noChildrenLeft, processesWithArgument } from '../fixtures/leak-check.ts'
import { waitUntil } from './contract.ts'

const built = buildLauncher()
t.teardown(built.remove)

let files = 0
/** Path of a launcher that is nothing but this program. */
function broken (program: string): string {
  const entry = join(built.folder, `broken-${++files}.mjs`)
  writeFileSync(entry, program)
  return entry
}

function launch (entry: string) {
  const clock = new FakeClock()
  const launcher = new LauncherProcess({ clock, command: [process.execPath, entry] })
  const lost: string[] = []
  launcher.on('lost', ({ cause }) => { lost.push(cause) })
  return { clock, launcher, lost, processes: () => processesWithArgument(entry) }
}

function sleeper (id: string, change: Partial<StartOrder> = {}): StartOrder {
  return { id, executable: '/bin/sleep', args: ['60'], env: {}, logFile: null, logBytes: 0, ...change }
}

t.test('a launcher that ends before it is ready makes open fail, with the reason', async t => {
  const { launcher, processes } = launch(broken('process.exit(3)'))
  await t.rejects(launcher.open(), { message: 'The launcher process does not start: it exited with code 3.' })
  await launcher.close()
  noChildrenLeft(t, processes())
})

t.test('a launcher that keeps dying is started once a second and not faster', async t => {
  const { clock, launcher, lost } = launch(broken('process.exit(3)'))
  const first = launcher.start(sleeper('first'))
  t.match(await first, { status: 'failed', code: 'LAUNCHER_LOST' })
  await waitUntil(() => lost.length === 3 && clock.pending === 1)
  await clock.advance(999)
  t.equal(lost.length, 3)
  const fourth = once(launcher, 'lost')
  await clock.advance(1)
  await fourth
  await waitUntil(() => clock.pending === 1)
  t.equal(lost.length, 4)

  const waiting = launcher.start(sleeper('waiting'))
  await launcher.close()
  t.match(await waiting, { status: 'failed', code: 'LAUNCHER_CLOSED' }, 'closing does not wait for the second to pass')
  t.equal(clock.pending, 0)
})

t.test('after a quiet while a death is no crash loop any more', async t => {
  const { clock, launcher, processes } = launch(built.entry)
  await launcher.open()
  for (let death = 0; death < 4; death++) {
    process.kill(Number(processes()[0]), 'SIGKILL')
    await once(launcher, 'restarted')
    await clock.advance(6000)
  }
  t.pass('each was replaced at once')
  await launcher.close()
  t.equal(clock.pending, 0)
})

t.test('a launcher that talks nonsense is ended and replaced', async t => {
  const { launcher, lost } = launch(broken("import { writeSync } from 'node:fs'; writeSync(4, 'Hello!\\n'); setInterval(() => {}, 1000)"))
  t.match(await launcher.start(sleeper('nobody')), { status: 'failed', code: 'LAUNCHER_LOST' })
  t.match(lost[0], /could not be understood/)
  await launcher.close()
})

t.test('a launcher that hangs cannot hold up the close, and its children are ended all the same', async t => {
  const { clock, launcher, lost, processes } = launch(built.entry)
  const exits: ChildExit[] = []
  launcher.on('exited', exit => { exits.push(exit) })
  const started = await launcher.start(sleeper('child'))
  if (started.status === 'failed') throw new Error(started.message)
  for (const pid of processes()) process.kill(pid, 'SIGSTOP')
  const pending = launcher.start(sleeper('never'))
  const closed = launcher.close()
  await clock.advance(4000)
  await waitUntil(() => processes().length === 0)
  await waitUntil(() => !isAlive(started.pid))
  await clock.advance(500)
  await closed
  t.same(exits, [{ id: 'child', pid: started.pid, code: null, signal: 'SIGKILL', outputTail: '' }])
  t.match(await pending, { status: 'failed', code: 'LAUNCHER_CLOSED' })
  t.same(lost, [], 'a close is no loss')
  noChildrenLeft(t, [started.pid])
  t.equal(clock.pending, 0)
})

t.test('an order too large for any system is refused before it is sent', async t => {
  const { launcher, processes } = launch(built.entry)
  t.match(await launcher.start(sleeper('large', { args: ['x'.repeat(MAX_LINE_BYTES)] })), { status: 'failed', code: 'E2BIG' })
  t.same(processes(), [], 'not even a launcher was started for it')
  t.match(await launcher.start(sleeper('too large', { args: ['x'.repeat(MAX_LINE_BYTES / 2)] })), { status: 'failed', code: 'E2BIG', message: /Shorten/ })
  await launcher.close()
})

t.test('starts ordered from within a lost event wait for the next launcher', async t => {
  const { launcher, processes } = launch(built.entry)
  await launcher.open()
  const [before] = processes()
  const next = new Promise(resolve => { launcher.once('lost', () => { resolve(launcher.start(sleeper('next'))) }) })
  process.kill(Number(before), 'SIGKILL')
  t.match(await next, { status: 'started' })
  t.equal(processes().length, 1)
  await launcher.close()
  t.same(processes(), [])
})
