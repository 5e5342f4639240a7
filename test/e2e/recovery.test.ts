import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { isAlive, processesWithArgument } from '../fixtures/leak-check.ts'
import { startSlipway } from '../fixtures/slipway.ts'
import { asking, askForViewer, openViewer } from './support/requests.ts'
import { parted } from './support/raw-viewer.ts'
import { SessionFeed } from './support/session-feed.ts'

const provokes = /the process that starts stream servers died/

t.test('the launcher is killed: its sessions fail, the log says so, and the next caller is served', async t => {
  const slipway = await startSlipway(t, {}, { provokes })
  const feed = await SessionFeed.open(t, slipway)
  const { serviceId } = await openViewer(slipway, { model: 'mode-ignore-sigterm' })
  const viewer = new WebSocket(`ws://127.0.0.1:${slipway.port}`)
  await once(viewer, 'open')
  const closed = parted(viewer)
  const ids = [serviceId, (await feed.until('connected', ({ state }) => state === 'connected')).id]
  const before = slipway.launcher()

  process.kill(before, 'SIGKILL')
  for (const id of ids) {
    const { state, reason, pid } = await feed.end(id)
    t.match({ state, reason }, { state: 'failed', reason: 'owner_lost' })
    t.notOk(isAlive(pid ?? 0))
  }
  await closed
  t.match(await slipway.waitForLog(provokes), { level: 50, children: 2, cause: /SIGKILL/ })
  await slipway.waitForLog(/the process that starts stream servers is back/)
  t.not(slipway.launcher(), before)
  t.same(processesWithArgument(slipway.folder), [], 'no orphan')
  t.match((await asking(`${slipway.url}/api/status`)).body, { usedSpawnPorts: 0 })
  await openViewer(slipway)
})

t.test('the launcher is killed during a start: the caller is told, and may ask again', async t => {
  const slipway = await startSlipway(t, {}, { provokes })
  const feed = await SessionFeed.open(t, slipway)
  const asked = askForViewer(slipway, { model: 'mode-slow-ready-10000' })
  const { id } = await feed.until('starting', ({ state }) => state === 'starting')
  process.kill(slipway.launcher(), 'SIGKILL')
  t.match(await asked, { status: 500, body: { status: 'failed', code: 'owner_lost', reason: /the process that starts stream servers died|The launcher process died/ } })
  t.match(await feed.end(id), { state: 'failed', reason: 'owner_lost' })
  const [one, two] = await Promise.all([openViewer(slipway), openViewer(slipway)])
  t.not(one.port, two.port)
})
