import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { chooseLauncher } from '../../src/launcher/choice.ts'
import { LauncherProcess } from '../../src/launcher/launcher-process.ts'
import { MAX_LINE_BYTES, PROTOCOL_VERSION, encode } from '../../src/launcher/protocol.ts'
import { buildNativeLauncher, noCompiler } from '../fixtures/build-native-launcher.ts'
import { isAlive, processesWithArgument } from '../fixtures/leak-check.ts'
import { launcherContract } from './contract.ts'

const built = buildNativeLauncher()

if (built === undefined) {
  t.pass('the native launcher', { skip: noCompiler })
} else {
  const { entry, remove } = built
  t.teardown(remove)
  launcherContract(t, () => ({
    launcher: new LauncherProcess({ clock: systemClock, command: [entry] }),
    processes: () => processesWithArgument(entry)
  }))

  t.test('it speaks the protocol of the service, and is chosen where it is', async t => {
    t.equal(execFileSync(entry, ['--protocol'], { encoding: 'utf8' }), `${PROTOCOL_VERSION}\n`)
    t.same(await chooseLauncher('auto', entry), { kind: 'native', command: [entry], problem: null })
    t.same(await chooseLauncher('native', entry), { kind: 'native', command: [entry], problem: null })
    t.match(await chooseLauncher('javascript', entry), { kind: 'javascript', problem: null })
  })

  t.test('when it cannot understand the service it says so, ends its children and leaves', async t => {
    for (const [nonsense, words] of [['Hello!\n', /not JSON/], ['{"type":"dance"}\n', /unknown type/], ['x'.repeat(MAX_LINE_BYTES + 1), /too long/]] as const) {
      const launcher = spawn(entry, [], { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] })
      const [, , errors, orders, answers] = launcher.stdio as [null, null, Readable, Writable, Readable]
      const exited = once(launcher, 'exit')
      const said = errors.toArray()
      orders.on('error', () => {})
      orders.write(encode({ type: 'start', order: { id: 'child', executable: '/bin/sleep', args: ['60'], env: {}, logFile: null, logBytes: 0 } }))
      orders.write(nonsense)
      const told = Buffer.concat(await answers.toArray() as Buffer[]).toString().trim().split('\n').map(line => JSON.parse(line) as Record<string, unknown>)
      t.match(told, [{ type: 'ready' }, { type: 'started', id: 'child' }, { type: 'exited', id: 'child', signal: 'SIGTERM' }])
      t.same(await exited, [0, null])
      t.match(Buffer.concat(await said as Buffer[]).toString(), words)
      t.notOk(isAlive(Number(told[1]?.['pid'])))
    }
  })

  t.test('it does not run without a service', async t => {
    const { status, stderr } = spawnSync(entry, [], { encoding: 'utf8' })
    t.equal(status, 2)
    t.match(stderr, /started by slipway/)
  })
}

t.test('without a native launcher the one in JavaScript runs', async t => {
  t.match(await chooseLauncher('auto', '/no/such/launcher'), { kind: 'javascript', problem: null })
  t.match(await chooseLauncher('native', '/no/such/launcher'), { kind: 'javascript', problem: /there is no \/no\/such\/launcher; run npm run build:native/ })
})

t.test('a native launcher that cannot be used is told, and the one in JavaScript runs', async t => {
  const folder = built?.folder ?? t.testdir()
  const program = (name: string, script: string, mode = 0o755) => {
    writeFileSync(join(folder, name), script, { mode })
    return join(folder, name)
  }
  const { problem, kind } = await chooseLauncher('auto', program('other-version', '#!/bin/sh\necho 0\n'))
  t.equal(kind, 'javascript')
  t.match(problem, /other-version is of another version; run npm run build:native/)
  t.match(await chooseLauncher('auto', program('silent', '#!/bin/sh\n')), { problem: /silent cannot be run \(it does not say/ })
  t.match(await chooseLauncher('auto', program('closed', '', 0o644)), { problem: /closed cannot be run \(EACCES\)/ })
  t.match(await chooseLauncher('native', program('failing', '#!/bin/sh\nexit 3\n')), { problem: /failing cannot be run \(3\)/ })
})
