import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { buildLauncher, bundle } from '../fixtures/build-launcher.ts'
import { isAlive, noChildrenLeft, processesWithArgument } from '../fixtures/leak-check.ts'
import { waitUntil } from './contract.ts'

const built = buildLauncher()
t.teardown(built.remove)
const program = bundle('./service-with-children.ts', built.folder)

const marker = `child-of-a-service-${process.pid}`
const everything = () => [...processesWithArgument(built.entry), ...processesWithArgument(marker)]
const sleeper = 'exec sleep 60'
const deaf = 'trap "" TERM; sleep 60 & while :; do sleep 1; done'

/** A service with two children, in a process group of its own like one that was started in a terminal. */
async function runService () {
  const service = spawn(process.execPath, [program, built.entry, marker, sleeper, deaf], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(service.stdout.setEncoding('utf8'), 'data') as [string]
  const children = JSON.parse(line) as number[]
  const launchers = processesWithArgument(built.entry).filter(pid => pid !== service.pid)
  return { service, pid: Number(service.pid), children, launchers }
}

for (const signal of ['SIGKILL', 'SIGTERM', 'SIGABRT'] as const) {
  t.test(`a service that dies by ${signal} takes its children and its launcher with it within five seconds`, async t => {
    const { service, pid, children: [quick = 0, stubborn = 0] } = await runService()
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

t.test('Ctrl-C reaches the service and neither its launcher nor its children', async t => {
  const { service, pid, children, launchers } = await runService()
  t.equal(launchers.length, 1)
  process.kill(-pid, 'SIGINT') // what a terminal does; the service has no handler here and dies
  const [, signal] = await once(service, 'exit')
  t.equal(signal, 'SIGINT')
  t.ok(isAlive(Number(launchers[0])), 'the launcher saw no signal, only the end of its orders')
  await waitUntil(() => everything().length === 0)
  noChildrenLeft(t, [...children, ...launchers])
})
