import { once } from 'node:events'
import { existsSync } from 'node:fs'
import t from 'tap'
import { WebSocket } from 'ws'
import { nativeCarrier } from '../../scripts/build-native.mjs'
import { noCompiler } from '../fixtures/build-native-launcher.ts'
import { processesWithArgument } from '../fixtures/leak-check.ts'
import { nativePackage } from '../fixtures/native-package.ts'
import { comesTrue, runSlipway, startSlipway } from '../fixtures/slipway.ts'
import { SessionFeed } from './support/session-feed.ts'

const native = { SLIPWAY_TUNNEL: 'native' }

if (!existsSync(nativeCarrier)) {
  t.test('without the native carrier a service that is to use it does not start, and says what to do', async t => {
    const { code, stderr } = await runSlipway(t, { ...native, SLIPWAY_STREAM_SERVER: '/nowhere/ts3d_sc_server' })
    t.equal(code, 2)
    t.match(stderr, /SLIPWAY_TUNNEL: the native carrier cannot be used: there is no .*slipway-carrier; run npm run build:native/)
    t.match(stderr, /SLIPWAY_STREAM_SERVER: \/nowhere/, 'beside all else that is wrong')
  })
}

t.test('where every viewer would be encrypted the native carrier is refused', async t => {
  const { code, stderr } = await runSlipway(t, { ...native, SLIPWAY_TLS_STREAM_SERVERS: 'true', SLIPWAY_PUBLIC_HOST: 'cad.example' })
  t.equal(code, 2)
  t.match(stderr, /SLIPWAY_TUNNEL.*the native carrier carries none of those; leave it to the service, in-process, or encrypt in a reverse proxy/)
})

const program = nativePackage(t)
if (program === undefined) t.pass('viewers carried by the native carrier', { skip: noCompiler })
else carried(program)

function carried (program: string): void {
  t.test('viewers are carried by the native carrier: what they say comes back whole, sessions end with them, and they survive its death by coming again', async t => {
    const slipway = await startSlipway(t, native, { program, provokes: /the native carrier was ended by SIGKILL/ })
    t.match(await slipway.waitForLog(/viewers are carried by/), { tunnel: 'native' })
    const feed = await SessionFeed.open(t, slipway)
    const carriers = () => processesWithArgument(program.replace('src/server.js', 'native/slipway-carrier'))
    t.equal(carriers().length, 1)
    const visit = async () => {
      const known = feed.history.length
      const viewer = new WebSocket(`ws://127.0.0.1:${slipway.port}/`, { perMessageDeflate: false })
      await once(viewer, 'open')
      const { id } = await feed.until('a viewer connected', record => feed.history.indexOf(record) >= known && record.state === 'connected')
      return { viewer, id }
    }

    const first = await visit()
    for (const length of [1, 65_536, 4_194_304]) {
      const bytes = Buffer.alloc(length, String(length))
      first.viewer.send(bytes)
      t.ok((await once(first.viewer, 'message') as [Buffer])[0].equals(bytes), `${length} bytes`)
    }
    await comesTrue('what was carried is counted', async () => {
      const page = await (await fetch(`${slipway.url}/metrics`)).text()
      return Number(/slipway_tunnel_bytes_total\{direction="to_viewer"\} (\d+)/.exec(page)?.[1]) > 4_259_840
    })
    first.viewer.close()
    t.match(await feed.end(first.id), { state: 'stopped', reason: 'client_closed', exitCode: 0 })

    const second = await visit()
    const [pid] = carriers()
    process.kill(pid ?? NaN, 'SIGKILL')
    await once(second.viewer, 'close')
    t.match(await feed.end(second.id), { state: 'stopped', reason: 'client_closed' }, 'no session is left without a viewer')
    t.match(await slipway.waitForLog(/^the native carrier was ended by SIGKILL/), { viewers: 1 })
    await slipway.waitForLog(/the native carrier is back/)
    const third = await visit()
    third.viewer.send('again')
    t.equal(String((await once(third.viewer, 'message'))[0]), 'again')
    t.equal((await slipway.stop()).code, 0, 'a service that ends takes its viewers and its carrier with it')
    t.same(carriers(), [])
  })
}
