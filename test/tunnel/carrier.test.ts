import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { carrierSources } from '../../scripts/build-native.mjs'
import { systemClock, type Clock } from '../../src/clock.ts'
import { Carrier } from '../../src/tunnel/carrier.ts'
import { HandedTunnel } from '../../src/tunnel/handed-tunnel.ts'
import { largeBuffers } from '../../src/tunnel/large-buffers.ts'
import { buildNativeLauncher, noCompiler } from '../fixtures/build-native-launcher.ts'
import { certificates, withoutOpenssl } from '../fixtures/certificates.ts'
import { isAlive, processesWithArgument } from '../fixtures/leak-check.ts'
import { comesTrue } from './forms.ts'
import { joined, received, receivedAll, SteppedClock, type Joined } from './sockets.ts'

const built = buildNativeLauncher(carrierSources)
if (built === undefined) t.pass('the native carrier', { skip: noCompiler })
else theCarrier(built.entry, built.folder)
t.teardown(() => { built?.remove() })

function theCarrier (program: string, folder: string): void {
  let files = 0
  /** Path of an executable script. */
  const script = (text: string): string => {
    const file = join(folder, `script-${++files}`)
    writeFileSync(file, text)
    chmodSync(file, 0o755)
    return file
  }
  const stage = async (t: Test, { entry = program, clock = systemClock }: { entry?: string, clock?: Clock } = {}) => {
    const carrier = new Carrier(entry, clock)
    t.teardown(async () => {
      await carrier.close()
      if (processesWithArgument(program).length > 0) throw new Error('the carrier is still there')
    })
    return { carrier, problem: await carrier.open(), pid: () => processesWithArgument(program)[0] ?? NaN }
  }
  /** Says something both ways. */
  const talk = async ({ viewer, streamServer }: Joined): Promise<string> => {
    viewer.write('up')
    streamServer.write('down')
    return [await received(streamServer, 2), await received(viewer, 4)].join()
  }

  t.test('a program that is not there, ends, or is of another version is no carrier, and the words say what to do', async t => {
    for (const [entry, words] of [
      [join(folder, 'nowhere'), `there is no ${join(folder, 'nowhere')}`],
      [script('#!/bin/sh\nexit 3\n'), 'exited with code 3'],
      [script(`#!${process.execPath}\nprocess.on('disconnect', () => process.exit())\nprocess.send(['ready', 999])\n`), 'is of another version'],
      [script('not a program'), /cannot be started|exited with code/]
    ] as const) {
      const { problem } = await stage(t, { entry })
      t.match(problem, /^the native carrier cannot be used: .*; run npm run build:native$/)
      t.match(problem, words)
    }
  })

  t.test('one that does not say that it is ready in time is ended', async t => {
    const clock = new SteppedClock()
    const carrier = new Carrier(script('#!/bin/sh\nexec sleep 60\n'), clock)
    const opened = carrier.open()
    await comesTrue(() => clock.waiting === 1)
    clock.step(5_000)
    t.match(await opened, /was ended by SIGKILL/)
    await carrier.close()
    t.equal(clock.waiting, 0)
  })

  t.test('by hand it says that it is not for that', async t => {
    const child = spawn(program, { stdio: ['ignore', 'ignore', 'pipe'] })
    // Both asked for before either is awaited: it may be gone by the time its words are read.
    const [[words], end] = await Promise.all([once(child.stderr, 'data') as Promise<[Buffer]>, once(child, 'exit')])
    t.match(String(words), 'it is started by slipway, not by hand')
    t.same(end, [2, null])
  })

  t.test('when it is killed its viewers end, and another one takes the next', async t => {
    const { carrier, pid } = await stage(t)
    const first = await joined(t, {}, carrier)
    t.ok(first.tunnel instanceof HandedTunnel)
    t.equal(await talk(first), 'up,down')
    const lost = once(carrier, 'lost')
    const restarted = once(carrier, 'restarted')
    const before = pid()
    process.kill(before, 'SIGKILL')
    t.same(await lost, [{ viewers: 1, cause: 'was ended by SIGKILL' }])
    t.match(await first.tunnel.closed, { cause: 'carrierLost' })
    t.same((await Promise.all([receivedAll(first.viewer), receivedAll(first.streamServer)])).join(''), '', 'both ends hear of it')
    await restarted
    const second = await joined(t, {}, carrier)
    t.ok(second.tunnel instanceof HandedTunnel)
    t.not(pid(), before)
    t.equal(await talk(second), 'up,down')
  })

  t.test('while there is none, because it keeps dying, viewers are carried here, and nobody else is touched when it is back', async t => {
    const clock = new SteppedClock()
    const { carrier, pid } = await stage(t, { clock })
    for (let death = 1; death <= 3; death++) {
      const lost = once(carrier, 'lost')
      const restarted = once(carrier, 'restarted')
      process.kill(pid(), 'SIGKILL')
      await lost
      if (death < 3) await restarted
    }
    await comesTrue(() => clock.waiting === 1)
    const meanwhile = await joined(t, {}, carrier)
    t.notOk(meanwhile.tunnel instanceof HandedTunnel)
    t.equal(await talk(meanwhile), 'up,down')
    const back = once(carrier, 'restarted')
    clock.step(1_000)
    await back
    const next = await joined(t, {}, carrier)
    t.ok(next.tunnel instanceof HandedTunnel)
    t.same([await talk(next), await talk(meanwhile)], ['up,down', 'up,down'])
  })

  t.test('a viewer whose input somebody wants to know of is carried here', async t => {
    const { carrier } = await stage(t)
    let inputs = 0
    const viewer = await joined(t, { onInput: () => { inputs++ } }, carrier)
    t.notOk(viewer.tunnel instanceof HandedTunnel)
    // A ping with its mask, then a text of two.
    viewer.viewer.write(Buffer.from('898000000000' + '818200000000' + '6869', 'hex'))
    t.equal((await received(viewer.streamServer, 14)).length, 14)
    t.equal(inputs, 1)
  })

  t.test('what is carried here although there is a carrier is read into buffers of ours; what is not costs none', withoutOpenssl, async t => {
    const { carrier } = await stage(t)
    const { files } = certificates(t)
    const pair = { cert: readFileSync(files.certificateFile), key: readFileSync(files.keyFile) }
    const taken = t.capture(largeBuffers, 'take', largeBuffers.take)
    const burst = Buffer.alloc(1_000_000, 'model')
    for (const [who, options, borrows] of [
      ['a viewer whose input somebody wants to know of', { onInput: () => {} }, true],
      ['a viewer that speaks TLS', { viewer: pair }, true],
      ['any other viewer', {}, false]
    ] as const) {
      const { viewer, streamServer } = await joined(t, options, carrier)
      streamServer.write(burst)
      t.ok((await received(viewer, burst.length)).equals(burst))
      t.equal(taken().length > 0, borrows, who)
    }
  })

  t.test('one that stands still is ended, and who was on the way to it is carried here and misses nothing', async t => {
    const clock = new SteppedClock()
    const { carrier, pid } = await stage(t, { clock })
    process.kill(pid(), 'SIGSTOP')
    const joining = joined(t, {}, carrier)
    await comesTrue(() => clock.waiting === 1)
    clock.step(5_000)
    const viewer = await joining
    t.notOk(viewer.tunnel instanceof HandedTunnel)
    t.equal(await talk(viewer), 'up,down')
  })

  t.test('one that is short of descriptors takes what it can, and the rest is carried here', async t => {
    const { carrier } = await stage(t, { entry: script(`#!/bin/sh\nulimit -n 16\nexec ${program}\n`) })
    const viewers: Joined[] = []
    for (let i = 0; i < 8; i++) viewers.push(await joined(t, {}, carrier))
    const taken = viewers.filter(({ tunnel }) => tunnel instanceof HandedTunnel)
    t.ok(taken.length > 0 && taken.length < viewers.length, `${taken.length} of ${viewers.length} were taken`)
    for (const viewer of viewers.filter(viewer => !taken.includes(viewer))) t.equal(await talk(viewer), 'up,down')
    // Whoever it took may need a pipe that the limit has no room for: that viewer ends with a cause of its own.
    taken[0]?.tunnel.destroy()
    t.match(await taken[0]?.tunnel.closed, { cause: /ended|carrierLost/ })
  })

  t.test('it ends when the service is killed', async t => {
    const service = spawn(process.execPath, [...process.execArgv, fileURLToPath(new URL('../fixtures/tunnels-process.ts', import.meta.url)), '9', program], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    service.send('what do you hold?')
    await once(service, 'message')
    const carriers = processesWithArgument(program).filter(pid => pid !== service.pid)
    t.equal(carriers.length, 1)
    service.kill('SIGKILL')
    await comesTrue(() => !carriers.some(isAlive))
  })
}
