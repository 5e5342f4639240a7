import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { nativeLauncher } from '../../scripts/build-native.mjs'
import { runSlipway, startSlipway } from '../fixtures/slipway.ts'
import { openViewer } from './support/requests.ts'

const says = /stream servers are started by/

t.test('the launcher in JavaScript runs where it is asked for, and the log says so', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_LAUNCHER: 'javascript' })
  t.match(await slipway.waitForLog(says), { launcher: 'javascript', msg: 'stream servers are started by the launcher in JavaScript' })
  t.match(readFileSync(`/proc/${slipway.launcher()}/cmdline`, 'utf8'), /launcher\/main\.js/)
})

if (existsSync(nativeLauncher)) {
  t.test('the native launcher runs where it was built, and the log says so', async t => {
    for (const wanted of ['auto', 'native']) {
      const slipway = await startSlipway(t, { SLIPWAY_LAUNCHER: wanted })
      t.match(await slipway.waitForLog(says), { launcher: 'native', msg: 'stream servers are started by the native launcher' })
      t.match(readFileSync(`/proc/${slipway.launcher()}/cmdline`, 'utf8'), nativeLauncher)
      await openViewer(slipway)
    }
  })
} else {
  t.test('without a native launcher the service runs, unless it was asked for by name', async t => {
    const slipway = await startSlipway(t)
    t.match(await slipway.waitForLog(says), { launcher: 'javascript' })
    const { code, stderr } = await runSlipway(t, { SLIPWAY_LAUNCHER: 'native', SLIPWAY_STREAM_SERVER: '/nowhere/ts3d_sc_server' })
    t.equal(code, 2)
    t.match(stderr, /SLIPWAY_LAUNCHER: the native launcher cannot be used: there is no .*run npm run build:native/)
    t.match(stderr, /SLIPWAY_STREAM_SERVER: \/nowhere/, 'beside all else that is wrong')
  })
}
