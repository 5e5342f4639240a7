import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { buildLauncher, bundle } from '../fixtures/build-launcher.ts'
import { buildNativeLauncher, noCompiler } from '../fixtures/build-native-launcher.ts'
import { isAlive, noChildrenLeft, processesWithArgument } from '../fixtures/leak-check.ts'
import { waitUntil } from './contract.ts'

const native = buildNativeLauncher()
const launchers = [
  { name: 'the launcher in JavaScript', built: buildLauncher() },
  ...native === undefined ? [] : [{ name: 'the native launcher', built: native }]
]
t.teardown(() => { for (const { built } of launchers) built.remove() })
if (native === undefined) t.pass('the native launcher', { skip: noCompiler })

const marker = `child-of-a-service-${process.pid}`
const sleeper = 'exec sleep 60'
const deaf = 'trap "" TERM; sleep 60 & while :; do sleep 1; done'

for (const { name, built } of launchers) {
  const program = bundle('./service-with-children.ts', built.folder)
  const everything = () => [...processesWithArgument(built.entry), ...processesWithArgument(marker)]

  /** A service with two children, in a process group of its own like one that was started in a terminal. */
  async function runService (...scripts: string[]) {
    const service = spawn(process.execPath, [program, built.entry, marker, ...scripts], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(service.stdout.setEncoding('utf8'), 'data') as [string]
    const children = JSON.parse(line) as number[]
    const launchers = processesWithArgument(built.entry).filter(pid => pid !== service.pid)
    return { service, pid: Number(service.pid), children, launchers }
  }

  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGABRT'] as const) {
    t.test(`${name}: a service that dies by ${signal} takes its children and its launcher with it within five seconds`, async t => {
      const { service, pid, children: [quick = 0, stubborn = 0] } = await runService(sleeper, deaf)
      t.ok(isAlive(quick) && isAlive(stubborn))
      const died = process.hrtime.bigint()
      process.kill(pid, signal)
      await once(service, 'exit')
      await waitUntil(() => !isAlive(quick))
      t.ok(process.hrtime.bigint() - died < 1_500_000_000n, 'one that obeys SIGTERM is gone at once')
      await waitUntil(() => everything().length === 0)
      const took = Number(process.hrtime.bigint() - died) / 1e9
      t.ok(took < 5, `all is gone after ${took.toFixed(1)} s`)
      noChildrenLeft(t, [quick, stubborn, ...everything()])
    })
  }

  t.test(`${name}: Ctrl-C reaches the service and neither its launcher nor its children`, async t => {
    const { service, pid, children, launchers } = await runService(sleeper, deaf)
    t.equal(launchers.length, 1)
    process.kill(-pid, 'SIGINT') // what a terminal does; the service has no handler here and dies
    const [, signal] = await once(service, 'exit')
    t.equal(signal, 'SIGINT')
    t.ok(isAlive(Number(launchers[0])), 'the launcher saw no signal, only the end of its orders')
    await waitUntil(() => everything().length === 0)
    noChildrenLeft(t, [...children, ...launchers])
  })

  if (built !== native) continue
  t.test(`${name}: children die even when the service and the launcher are killed at once`, async t => {
    const { service, pid, children, launchers } = await runService(sleeper, 'trap "" TERM HUP; while :; do :; done')
    t.equal(children.filter(isAlive).length, 2)
    process.kill(pid, 'SIGSTOP') // so that it cannot come to anybody's help in between
    for (const victim of [...launchers, pid]) process.kill(victim, 'SIGKILL')
    await once(service, 'exit')
    await waitUntil(() => everything().length === 0 && !children.some(isAlive))
    noChildrenLeft(t, [...children, ...launchers])
  })
}
