import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { closeCodes } from '../../src/stream-server/protocol.ts'
import type { EndingMessage, SceneMessage } from '../../src/stream-server/protocol.ts'
import { startSlipway } from '../fixtures/slipway.ts'
import { TestViewer, camera } from '../stream-server/support/viewer.ts'
import { askForViewer, asking, openViewer } from './support/requests.ts'
import { SessionFeed } from './support/session-feed.ts'

const embedded = { SLIPWAY_STREAM_SERVER: '' }
const slipway = await startSlipway(t, { ...embedded, SLIPWAY_MAX_SESSIONS: '12' })
const feed = await SessionFeed.open(t, slipway)
const base = `ws://127.0.0.1:${slipway.port}`

/** Looks at the whole model from a corner, twice as far away as it is large. */
function overview (seq: number, { min, max }: SceneMessage, tolerance: number) {
  const [x, y, z] = [0, 1, 2].map(axis => ((min[axis] ?? 0) + (max[axis] ?? 0)) / 2) as [number, number, number]
  const size = Math.hypot(...max.map((value, axis) => value - (min[axis] ?? 0)))
  return camera(seq, [x + size, y + size, z + size], [x, y, z], tolerance)
}

/** A visit from the first word to the complete picture. */
async function look (url: string): Promise<TestViewer> {
  const viewer = await TestViewer.connect(url)
  viewer.say({ type: 'open', model: 'drive-unit' })
  const scene = await viewer.scene()
  t.ok(scene.model === 'drive-unit' && scene.parts.length > 10 && scene.instances.length > scene.parts.length)
  viewer.say(overview(1, scene, 50))
  const coarse = await viewer.idle(1)
  viewer.say(overview(2, scene, 0.5))
  const fine = await viewer.idle(2)
  t.ok(fine.bytes > coarse.bytes, `first ${coarse.bytes} bytes, then ${fine.bytes}`)
  t.equal(viewer.files.length, fine.chunks)
  t.equal(viewer.receivedBytes, fine.bytes)
  t.ok(viewer.files.every(({ bytes }) => bytes.toString('latin1', 0, 4) === 'glTF' && bytes.readUInt32LE(8) === bytes.length), 'each file is a GLB')
  t.equal(new Set(viewer.files.map(({ part }) => part)).size, scene.parts.length, 'every part has come')
  return viewer
}

for (const [way, address] of [
  ['at its own port', ({ endpoints }) => endpoints.ws],
  ['through the one public port', ({ proxyPath }) => base + proxyPath]
] as [string, (opened: { endpoints: { ws: string }, proxyPath: string }) => string][]) {
  t.test(`a viewer that asked by REST sees its model ${way}`, async t => {
    const opened = await openViewer(slipway, { model: 'drive-unit' })
    const viewer = await look(address(opened))
    t.match(await feed.state(opened.serviceId, 'connected'), { model: 'drive-unit', via: 'rest' })
    viewer.close()
    t.match(await feed.end(opened.serviceId), { state: 'stopped', reason: 'client_closed', exitCode: 0 })
  })
}

t.test('a viewer that just connects sees the model it names', async t => {
  const viewer = await look(`${base}/?renderingLocation=csr`)
  const { id } = await feed.until('a visit', ({ via, state, model }) => via === 'proxy' && state === 'connected' && model === 'drive-unit')
  viewer.close()
  t.match(await feed.end(id), { state: 'stopped', reason: 'client_closed', exitCode: 0 })
})

t.test('a viewer that just connected and is lost has no way back: its seat is free at once', async t => {
  const patient = await startSlipway(t, { ...embedded, SLIPWAY_KILL_STEP: '60' })
  const feed = await SessionFeed.open(t, patient)
  const viewer = await TestViewer.connect(`ws://127.0.0.1:${patient.port}/?renderingLocation=csr`)
  viewer.say({ type: 'open', model: 'drive-unit' })
  await viewer.scene()
  t.match(viewer.messages.find(({ type }) => type === 'session'), { graceSeconds: 0 })
  const { id } = await feed.until('a visit', ({ state }) => state === 'connected')
  viewer.lose()
  t.match(await feed.end(id), { state: 'stopped', reason: 'client_closed', exitCode: 0 }, 'by itself, long before it is made to')

  const { endpoints, serviceId } = await openViewer(patient, { model: 'drive-unit' })
  const other = await TestViewer.connect(endpoints.ws)
  other.say({ type: 'open', model: 'drive-unit' })
  await other.scene()
  const session = other.messages.find(message => message.type === 'session')
  t.match(session, { graceSeconds: 30 })
  other.lose()
  const back = await TestViewer.connect(endpoints.ws)
  back.say({ type: 'resume', key: session?.key, scene: true, bytes: other.receivedBytes })
  t.match(await back.until(() => back.messages.find(({ type }) => type === 'session')), { graceSeconds: 30 }, 'who has an address comes back')
  back.close()
  t.match(await feed.end(serviceId), { state: 'stopped', reason: 'client_closed' })
})

t.test('a HOOPS viewer is told what it needs', async t => {
  const { endpoints } = await openViewer(slipway, { model: 'drive-unit' })
  for (const url of [endpoints.ws, base]) {
    for (const protocols of [[], ['binary']]) {
      const viewer = new WebSocket(url, protocols)
      const [code, reason] = await once(viewer, 'close')
      t.equal(code, closeCodes.unsupportedViewer)
      t.match(String(reason), /HOOPS viewer needs ts3d_sc_server; set SLIPWAY_STREAM_SERVER/)
    }
  }
})

t.test('what is not offered is refused before a stream server is started', async t => {
  const drawing = await startSlipway(t, { SLIPWAY_STREAM_SERVER: '', SLIPWAY_RENDERERS: 'csr' })
  const { status, body } = await asking(`${drawing.url}/api/spawn`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"class":"ssr_session"}' })
  t.equal(status, 403)
  t.match(body, { reason: 'Invalid rendering location' })
  t.equal((await askForViewer(drawing, { model: '../etc/passwd' })).status, 400)
})

t.test('a viewer without the token its session was asked for with is turned away, the right one is not', async t => {
  const { endpoints } = await openViewer(slipway, { model: 'drive-unit', sessionToken: 'open sesame' })
  const wrong = await TestViewer.connect(endpoints.ws)
  wrong.say({ type: 'open', model: 'drive-unit', token: 'open' })
  t.match(await wrong.closed, { code: closeCodes.badToken })
  const right = await TestViewer.connect(endpoints.ws)
  right.say({ type: 'open', model: 'drive-unit', token: 'open sesame' })
  t.equal((await right.scene()).model, 'drive-unit')
  right.close()
})

t.test('a viewer that asks for a model there is none is told so', async t => {
  const viewer = await TestViewer.connect(base)
  viewer.say({ type: 'open', model: 'nothing' })
  t.match(await viewer.closed, { code: closeCodes.unknownModel, reason: 'There is no model "nothing".' })
})

t.test('a viewer is warned before its session ends for want of use, and may stay', async t => {
  const slipway = await startSlipway(t, { ...embedded, SLIPWAY_IDLE_TIMEOUT: '4', SLIPWAY_PING_INTERVAL: '0.2' })
  const feed = await SessionFeed.open(t, slipway)
  const viewer = await TestViewer.connect(`ws://127.0.0.1:${slipway.port}`)
  viewer.say({ type: 'open', model: 'drive-unit' })
  const { id } = await feed.until('a visit', ({ state }) => state === 'connected')
  const endings = () => viewer.messages.filter((message): message is EndingMessage => message.type === 'ending')
  t.match(await viewer.until(() => endings()[0]), { reason: 'idle_timeout', seconds: 2 })
  const told = endings().length
  viewer.say({ type: 'stay' })
  await viewer.until(() => endings().slice(told).find(({ seconds }) => seconds === null))
  t.match(await feed.end(id), { state: 'stopped', reason: 'idle_timeout' })
  t.equal(endings().at(-1)?.seconds !== null, true, 'the second time it did not stay, and was warned again')
})

t.test('a session whose viewer gives no input for long is stopped, and the viewer told', async t => {
  const slipway = await startSlipway(t, { ...embedded, SLIPWAY_IDLE_TIMEOUT: '1', SLIPWAY_PING_INTERVAL: '0.2' })
  const feed = await SessionFeed.open(t, slipway)
  const viewer = await TestViewer.connect(`ws://127.0.0.1:${slipway.port}`)
  viewer.say({ type: 'open', model: 'drive-unit' })
  const { id } = await feed.until('a visit', ({ state }) => state === 'connected')
  t.match(await viewer.closed, { code: 1001, reason: 'The stream server ends.' })
  t.match(await feed.end(id), { state: 'stopped', reason: 'idle_timeout', exitCode: 0 })
})

t.test('a shutdown says goodbye to viewers, whichever way they came', async t => {
  const slipway = await startSlipway(t, embedded)
  const { endpoints } = await openViewer(slipway)
  const viewers = [await TestViewer.connect(endpoints.ws), await TestViewer.connect(`ws://127.0.0.1:${slipway.port}`)]
  const ended = slipway.stop('SIGINT')
  for (const viewer of viewers) t.match(await viewer.closed, { code: 1001, reason: 'The stream server ends.' })
  t.match(await ended, { code: 0 })
})
