import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { ChildExit, ChildOutput, Launcher, StartOrder, StartResult } from '../../src/spawning/launcher.ts'
import { isAlive, noChildrenLeft, processesWithArgument } from '../fixtures/leak-check.ts'

export const fakeServer = fileURLToPath(new URL('../fixtures/fake-sc-server', import.meta.url))

/** A launcher under test, and the pids of its processes next door. */
export interface Subject {
  launcher: Launcher
  processes: () => number[]
}

/** One running subject with what its tests share; all of it ends with the test. */
export interface Stage extends Subject {
  folder: string
  /** A start order for `/bin/sh -c script`, with its own log file. Ids are unique over the whole run. */
  sh: (script: string, change?: Partial<StartOrder>) => StartOrder
  /** Starts, and asserts that it went well; answers the pid. */
  started: (order: StartOrder) => Promise<number>
  /** The exit of this child, told before or after the call. */
  exit: (id: string) => Promise<ChildExit>
  exits: ChildExit[]
  /** Closes the launcher and asserts that nothing it started is left. Call it last: tap takes no assertions in a teardown. */
  strike: () => Promise<void>
}

let ids = 0

/** Sets the stage for one test; `strike` is its end. */
export function stage (t: Test, makeLauncher: () => Subject): Stage {
  const { launcher, processes } = makeLauncher()
  const folder = mkdtempSync(join(tmpdir(), 'slipway-launched-'))
  const exits: ChildExit[] = []
  const pids: number[] = []
  const awaited = new Map<string, (exit: ChildExit) => void>()
  launcher.on('exited', exit => {
    exits.push(exit)
    awaited.get(exit.id)?.(exit)
  })

  t.teardown(async () => {
    await launcher.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    launcher,
    processes,
    folder,
    exits,
    async strike () {
      await launcher.close()
      noChildrenLeft(t, [...pids, ...processes(), ...processesWithArgument(folder)])
    },
    sh (script, change = {}) {
      const id = `child-${process.pid}-${++ids}`
      const args = ['-c', script, join(folder, id)]
      return { id, executable: '/bin/sh', args, env: {}, logFile: join(folder, `${id}.log`), logBytes: 1_000_000, ...change }
    },
    async started (order) {
      const result = await launcher.start(order)
      if (result.status === 'failed') throw new Error(`${result.code}: ${result.message}`)
      pids.push(result.pid)
      return result.pid
    },
    async exit (id) {
      return exits.find(exit => exit.id === id) ?? await new Promise(resolve => { awaited.set(id, resolve) })
    }
  }
}

/** What every launcher keeps, whatever it is written in. */
export function launcherContract (t: Test, makeLauncher: () => Subject): void {
  const scene = (name: string, play: (t: Test, stage: Stage) => Promise<void>) => {
    t.test(name, async t => {
      const set = stage(t, makeLauncher)
      await play(t, set)
      await set.strike()
    })
  }
  const failure = (t: Test, result: StartResult, code: string, words: RegExp) => {
    if (result.status !== 'failed') throw new Error(`it started as ${result.pid}`)
    t.equal(result.code, code)
    t.match(result.message, words)
  }

  scene('a child is started, and its exit is told once with its code and its last words', async (t, { sh, started, exit, exits }) => {
    const order = sh('echo to the log; echo to the error log >&2; exit 3')
    const pid = await started(order)
    const { outputTail, ...rest } = await exit(order.id)
    t.same(rest, { id: order.id, pid, code: 3, signal: null })
    t.match(outputTail, /^to the log$/m)
    t.match(outputTail, /^to the error log$/m)
    await waitUntil(() => /^to the log$/m.test(readIfThere(order.logFile)) && /^to the error log$/m.test(readIfThere(order.logFile)))
    t.equal(exits.length, 1)
  })

  scene('start is answered before the exit is told, even for a child that ends at once', async (t, { launcher, sh }) => {
    const told: string[] = []
    launcher.on('exited', () => { told.push('exited') })
    const ends = once(launcher, 'exited')
    await launcher.start(sh('exit 0'))
    told.push('started')
    await ends
    t.same(told, ['started', 'exited'])
  })

  scene('a child gets exactly the ordered environment and arguments, and no descriptor but its own three', async (t, { sh, started, exit }) => {
    const env = { ONE: 'first\nsecond', TWO: 'ä "quoted" = $value' }
    const print = 'console.log(JSON.stringify([process.env, process.argv.slice(1)]))'
    const order = sh('', { executable: process.execPath, args: ['-e', print, 'plain', '', 'with space', '"ü"\n'], env })
    await started(order)
    t.same(JSON.parse((await exit(order.id)).outputTail), [env, ['plain', '', 'with space', '"ü"\n']])

    const look = sh('for fd in 3 4 5 6 7 8 9 10 11 12 13 14 15; do [ -e /proc/$$/fd/$fd ] && echo "open $fd"; done; exit 0')
    await started(look)
    t.equal((await exit(look.id)).outputTail, '')
  })

  scene('a child leads a session and a process group of its own', async (t, { sh, started, exit }) => {
    const order = sh('cat /proc/$$/stat; exit 0')
    const pid = await started(order)
    const fields = (await exit(order.id)).outputTail.split(' ')
    t.same([fields[4], fields[5]], [String(pid), String(pid)])
  })

  scene('SIGTERM and SIGKILL reach the child, and the exit names the signal', async (t, { launcher, sh, started, exit }) => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const order = sh('exec sleep 60')
      await started(order)
      launcher.signal(order.id, signal)
      const { code, signal: told } = await exit(order.id)
      t.same([code, told], [null, signal])
    }
  })

  scene('a signal to a child that is gone, or was never there, is nothing', async (t, { launcher, sh, started, exit, exits }) => {
    const order = sh('exit 0')
    await started(order)
    await exit(order.id)
    launcher.signal(order.id, 'SIGKILL')
    launcher.signal('nobody', 'SIGTERM')
    await started(sh('exit 0', { id: 'after' }))
    await exit('after')
    t.equal(exits.length, 2)
  })

  scene('grandchildren do not outlive the child, and cannot hold up its exit', async (t, { folder, launcher, sh, started, exit }) => {
    const order = sh('', {
      executable: process.execPath,
      args: [fakeServer, '--id', folder, '--sc-port', '0', '--model-file', 'mode-forks-a-grandchild'],
    })
    await started(order)
    await waitUntil(() => processesWithArgument(`grandchild-of-${folder}`).length === 1 && readIfThere(order.logFile).includes('grandchild '))
    const [grandchild = 0] = processesWithArgument(`grandchild-of-${folder}`)
    launcher.signal(order.id, 'SIGTERM')
    t.equal((await exit(order.id)).pid > 0, true)
    await waitUntil(() => !isAlive(grandchild))
  })

  scene('a grandchild that left the group and holds the pipes cannot hold up the exit either', async (t, { sh, started, exit }) => {
    const order = sh('setsid sleep 3 & echo done; exit 0', { env: { PATH: '/usr/bin:/bin' } })
    const before = process.hrtime.bigint()
    await started(order)
    t.equal((await exit(order.id)).outputTail, 'done\n')
    t.ok(process.hrtime.bigint() - before < 2_500_000_000n)
  })

  scene('a chatty child is never held up, and its log stays below the limit and says so', async (t, { sh, started, exit }) => {
    const order = sh('i=0; while [ $i -lt 40000 ]; do echo "line $i of chatter that goes on and on and on"; i=$((i+1)); done; echo the last word', { logBytes: 100_000 })
    await started(order)
    const { code, outputTail } = await exit(order.id)
    t.equal(code, 0)
    t.match(outputTail, /^line \d+ of chatter[^]*the last word\n$/)
    t.ok(Buffer.byteLength(outputTail) <= 4096)
    await waitUntil(() => readIfThere(order.logFile).includes('were not kept'))
    t.ok(statSync(String(order.logFile)).size <= 100_000)
    t.match(readFileSync(String(order.logFile), 'utf8'), /^line 0 [^]*\[slipway\] limit of 100000 bytes reached/)
  })

  scene('a child that tells its secrets tells them to nobody', async (t, { sh, started, exit }) => {
    const order = sh('echo "licence L1CENCE, token t0ken"; echo L1CENCE >&2; echo done; printf L1CEN', { secrets: ['L1CENCE', 't0ken'] })
    await started(order)
    const { outputTail } = await exit(order.id)
    t.match(outputTail, /licence <hidden>, token <hidden>\n/)
    t.match(outputTail, /L1CEN$/, 'what only begins like a secret is there in the end')
    t.notMatch(outputTail, /L1CENCE|t0ken/)
    await waitUntil(() => readIfThere(order.logFile).endsWith('L1CEN'))
    t.notMatch(readIfThere(order.logFile), /L1CENCE|t0ken/)
  })

  scene('what a child says is told line by line where its order asks for it, between its start and its exit', async (t, { launcher, sh, started, exit }) => {
    const order = sh('printf "one\\r\\n\\ntwo L1CENCE\\n\\377 half"; echo wrong >&2', { tellOutput: { stdout: true, stderr: false }, secrets: ['L1CENCE'] })
    const told: unknown[] = []
    launcher.on('output', output => { told.push(output) })
    launcher.on('exited', () => { told.push('exited') })
    await started(order)
    t.match((await exit(order.id)).outputTail, /wrong/, 'it is kept as ever')
    t.equal(told.pop(), 'exited')
    t.same(linesOf(told as ChildOutput[]), ['one', '', 'two <hidden>', '? half'])
    t.same((told as ChildOutput[]).map(({ id, stream, leftOut }) => [id, stream, leftOut]), told.map(() => [order.id, 'stdout', 0]))
  })

  scene('a child is heard while it runs, on both its outputs', async (t, { launcher, sh, started, exit }) => {
    const order = sh('echo out; echo err >&2; exec sleep 60', { tellOutput: { stdout: true, stderr: true } })
    const heard = new Promise<ChildOutput[]>(resolve => {
      const told: ChildOutput[] = []
      launcher.on('output', output => { if (told.push(output) === 2) resolve(told) })
    })
    await started(order)
    t.same((await heard).map(({ stream, lines }) => [stream, lines]).sort(), [['stderr', ['err']], ['stdout', ['out']]])
    launcher.signal(order.id, 'SIGKILL')
    await exit(order.id)
  })

  scene('of a chatty child a part is told, the rest is counted, and long lines are cut', async (t, { launcher, sh, started, exit }) => {
    const order = sh('i=0; while [ $i -lt 5000 ]; do echo "line $i"; i=$((i+1)); done; printf "%02000d\\nlast\\n" 0', { tellOutput: { stdout: true, stderr: true } })
    const told: ChildOutput[] = []
    launcher.on('output', output => { told.push(output) })
    await started(order)
    await exit(order.id)
    t.equal(linesOf(told).length + told.reduce((sum, { leftOut }) => sum + leftOut, 0), 5002)
    t.ok(told.every(({ lines }) => lines.length > 0 && lines.length <= 25))
    t.same(linesOf(told).slice(0, 25), Array.from({ length: 25 }, (_, i) => `line ${i}`))

    const long = sh('printf "%02000d\\n%01000d\\n" 0 0', { tellOutput: { stdout: true, stderr: true } })
    told.length = 0
    await started(long)
    await exit(long.id)
    t.same(linesOf(told), [`${'0'.repeat(1000)}…`, '0'.repeat(1000)])
  })

  scene('what a child says is told to nobody where its order does not ask', async (t, { launcher, sh, started, exit }) => {
    launcher.on('output', () => { t.fail('nobody asked') })
    const order = sh('echo out; echo err >&2')
    await started(order)
    await exit(order.id)
  })

  scene('without a log file the output is only drained', async (t, { sh, started, exit }) => {
    const order = sh('i=0; while [ $i -lt 20000 ]; do echo "line $i of chatter"; i=$((i+1)); done', { logFile: null })
    await started(order)
    t.match((await exit(order.id)).outputTail, /line 19999 of chatter\n$/)
  })

  scene('a log file that cannot be written does not hurt the child', async (t, { folder, sh, started, exit }) => {
    for (const logFile of [join(folder, 'no', 'such', 'folder.log'), folder, '/dev/full']) {
      const order = sh('echo one; echo two; exit 0', { logFile })
      await started(order)
      const { code, outputTail } = await exit(order.id)
      t.same([code, outputTail], [0, 'one\ntwo\n'])
    }
  })

  scene('a program that cannot be run is a failed start with words that help', async (t, { folder, launcher, sh, exits }) => {
    const file = (name: string, content: string, mode: number) => {
      const path = join(folder, name)
      writeFileSync(path, content)
      chmodSync(path, mode)
      return path
    }
    const attempt = (executable: string) => launcher.start(sh('', { executable, args: [] }))
    failure(t, await attempt(join(folder, 'absent')), 'ENOENT', /There is no file .*absent/)
    failure(t, await attempt('no-such-program'), 'ENOENT', /PATH .*absolute path/)
    failure(t, await attempt(file('script', '#!/bin/sh\n', 0o644)), 'EACCES', /chmod \+x .*script/)
    failure(t, await attempt(folder), 'EACCES', /is a directory/)
    failure(t, await attempt(file('text', 'touch should-not-run\n', 0o755)), 'ENOEXEC', /is not a program/)
    failure(t, await attempt(file('empty', '', 0o755)), 'ENOEXEC', /is not a program/)
    failure(t, await attempt(file('orphan', '#!/no/such/interpreter\n', 0o755)), 'ENOENT', /interpreter \/no\/such\/interpreter/)
    failure(t, await launcher.start(sh('', { args: ['null\0byte'] })), 'ERR_INVALID_ARG_VALUE', /could not be started/)
    t.equal(exits.length, 0)
    t.notOk(existsSync('should-not-run'))
  })

  scene('a program built for a loader that is not here is told apart from a file that is not here', async (t, { folder, launcher, sh }) => {
    const program = readFileSync('/bin/sh')
    const loader = program.indexOf('/ld-')
    if (loader === -1) {
      t.pass('the shell of this system is linked statically')
      return
    }
    program.write('/xx-', loader)
    const path = join(folder, 'glibc-program')
    writeFileSync(path, program, { mode: 0o755 })
    failure(t, await launcher.start(sh('', { executable: path })), 'ENOENT', /exists, but the loader it was built for.*does not.*Alpine/)
  })

  scene('a second child with the id of a living one is refused', async (t, { launcher, sh, started }) => {
    const order = sh('exec sleep 60')
    await started(order)
    failure(t, await launcher.start(order), 'DUPLICATE_ID', /already/)
  })

  scene('fifty children start at once', async (t, { sh, started, exit }) => {
    const orders = Array.from({ length: 50 }, (_, i) => sh(`echo number ${i}; exit ${i}`))
    const pids = await Promise.all(orders.map(started))
    t.equal(new Set(pids).size, 50)
    const ends = await Promise.all(orders.map(order => exit(order.id)))
    t.same(ends.map(end => [end.pid, end.code, end.outputTail]), pids.map((pid, i) => [pid, i, `number ${i}\n`]))
  })

  scene('close ends children that ignore SIGTERM, tells their exits, and twice is nothing', async (t, { launcher, processes, sh, started, exits }) => {
    const pid = await started(sh('trap "" TERM; while :; do sleep 1; done'))
    await Promise.all([launcher.close(), launcher.close()])
    t.same(exits.map(exit => [exit.pid, exit.signal]), [[pid, 'SIGKILL']])
    noChildrenLeft(t, [pid, ...processes()])
    await launcher.close()
    failure(t, await launcher.start(sh('exit 0')), 'LAUNCHER_CLOSED', /closed/)
  })

  scene('a launcher that never had to start anything closes too', async (t, { launcher, processes }) => {
    await launcher.close()
    t.same(processes(), [])
  })

  scene('Ctrl-C and SIGTERM do not end the launcher process: that is the service\'s decision', async (t, { processes, sh, started, exit }) => {
    const first = sh('exit 0')
    await started(first)
    await exit(first.id)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) for (const pid of processes()) process.kill(pid, signal)
    const second = sh('exit 7')
    await started(second)
    t.equal((await exit(second.id)).code, 7)
  })

  scene('a launcher that is killed is replaced: its children are ended and told, and starting goes on', async (t, { launcher, processes, sh, started, exits }) => {
    const stubborn = sh('trap "" TERM; while :; do sleep 1; done')
    const quiet = sh('exec sleep 60')
    const pids = [await started(stubborn), await started(quiet)]
    const events: string[] = []
    launcher.on('lost', ({ children, cause }) => { events.push(`lost ${children}, ${cause}`) })
    launcher.on('exited', () => { events.push('exited') })
    launcher.on('restarted', () => { events.push('restarted') })

    const [before] = processes()
    process.kill(Number(before), 'SIGKILL')
    await once(launcher, 'restarted')
    t.same(events, ['lost 2, it was ended by SIGKILL', 'exited', 'exited', 'restarted'])
    t.same(exits.map(exit => [exit.id, exit.signal]).sort(), [[stubborn.id, 'SIGKILL'], [quiet.id, 'SIGKILL']].sort())
    noChildrenLeft(t, pids)
    t.notSame(processes(), [before])
    await started(sh('exec sleep 60', { id: quiet.id }))
  })

  scene('starts cut off by the launcher\'s death fail, leave nothing behind, and later ones wait for the next launcher', async (t, { folder, launcher, processes, sh, started }) => {
    await started(sh('exec sleep 60'))
    const orders = Array.from({ length: 30 }, () => sh('while :; do sleep 1; done'))
    const results = orders.map(order => launcher.start(order))
    await results[0]
    process.kill(Number(processes()[0]), 'SIGKILL')
    const cut = (await Promise.all(results)).filter(result => result.status === 'failed')
    t.ok(cut.length > 0, `${cut.length} starts were cut off`)
    t.ok(cut.every(result => result.code === 'LAUNCHER_LOST'))
    const late = await started(sh('sleep 60; exit 0'))
    await waitUntil(() => processesWithArgument(folder).every(pid => pid === late))
  })
}

const linesOf = (told: ChildOutput[]) => told.flatMap(({ lines }) => lines)

/** Looks again every few milliseconds: for what no event tells, like the end of somebody else's process. */
export async function waitUntil (condition: () => boolean): Promise<void> {
  for (let left = 2000; !condition(); left--) {
    if (left === 0) throw new Error(`waited in vain until ${condition.toString()}`)
    await new Promise(resolve => { setTimeout(resolve, 5) })
  }
}

function readIfThere (path: string | null): string {
  return path !== null && existsSync(path) ? readFileSync(path, 'utf8') : ''
}
