import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { portRange } from '../fixtures/leak-check.ts'
import { fakeServer, startSlipway } from '../fixtures/slipway.ts'
import { Callers } from './callers.ts'
import { nodeArgs, warmedUp } from './footprint.ts'
import { broken } from './invariants.ts'
import { quick } from './quick.ts'
import { chance, drawn, shuffled } from './seed.ts'

/** Every way in which the stand-in misbehaves, and two in which it does not. */
const modes = [
  'ready', 'slow-ready-700', 'never-ready', 'crash-at-start', 'exit-0-before-ready', 'exit-licence', 'exit-code-03', 'crash-after-ready-100', 'silent-after-ready',
  'ignore-sigterm', 'chatty', 'forks-a-grandchild', 'port-already-bound', 'double-ready', 'late-ping-after-kill', 'slow-exit-300', 'hands-over-its-port', 'crash-at-viewer'
]

t.test('stream servers of every bad mode, in any order and many at a time: every caller is answered, and nothing is lost', async t => {
  const random = chance()
  const begin = await portRange(modes.length)
  const streamServer = join(t.testdir(), 'ts3d_sc_server')
  // Each port has a mode of its own, as those who come through the proxy name no model.
  const cases = shuffled(modes, random).map((mode, index) => `*" --sc-port ${begin + index} "*) FAKE_SC_MODE=${mode};;`)
  writeFileSync(streamServer, `#!/bin/sh\ncase " $* " in ${cases.join('\n')} esac\nexport FAKE_SC_MODE\nexec "${process.execPath}" "${fakeServer}" "$@"\n`, { mode: 0o755 })
  const slipway = await startSlipway(t, {
    ...quick,
    SLIPWAY_STREAM_SERVER: streamServer,
    SLIPWAY_MAX_SESSIONS: String(modes.length),
    SLIPWAY_WS_PORTS_BEGIN: String(begin)
  }, { nodeArgs })
  const callers = new Callers(random)
  // Ports are given out in turn, so that every mode is met.
  const before = await warmedUp(slipway, callers, modes.length)
  await callers.come(slipway, { visits: 2 * modes.length, abreast: 8 })
  t.same(await broken(slipway, { asked: callers.asked, before }), [], drawn)
  t.equal(callers.fates.broken, 0, `every caller was answered: ${JSON.stringify(callers.answers)}`)
  t.ok(callers.fates.opened > 0 && callers.fates.refused > 0, JSON.stringify(callers.answers))
})
