import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { isAlive, portRange, processesWithArgument } from '../fixtures/leak-check.ts'
import { comesTrue, startSlipway, type Environment, type Setting, type Slipway } from '../fixtures/slipway.ts'
import { asking, askForViewer, openViewer, session } from './support/requests.ts'
import { SessionFeed } from './support/session-feed.ts'

/** A service that can be started again and again: the same port, the same folders. */
async function restartable (t: Test, env: Environment = {}, setting: Setting = {}) {
  const home = mkdtempSync(join(tmpdir(), 'slipway-restart-'))
  t.teardown(() => { rmSync(home, { recursive: true }) })
  const port = await portRange(5)
  let streamServer: string | undefined
  const start = async (more: Environment = {}): Promise<Slipway> => {
    const slipway = await startSlipway(t, {
      SLIPWAY_KEEP_SESSIONS: '60',
      SLIPWAY_STATE_DIR: join(home, 'state'),
      SLIPWAY_PORT: String(port),
      SLIPWAY_WS_PORTS_BEGIN: String(port + 1),
      SLIPWAY_MAX_SESSIONS: '4',
      ...streamServer === undefined ? {} : { SLIPWAY_STREAM_SERVER: streamServer },
      ...env,
      ...more
    }, setting)
    streamServer ??= slipway.streamServer
    return slipway
  }
  return { start, home, launchers: () => processesWithArgument(join(home, 'state')) }
}

async function direct (port: number): Promise<WebSocket> {
  const viewer = new WebSocket(`ws://127.0.0.1:${port}`)
  await once(viewer, 'open')
  return viewer
}

async function echoes (viewer: WebSocket, text: string): Promise<boolean> {
  viewer.send(text)
  return String((await once(viewer, 'message'))[0]) === text
}

const history = async ({ url }: Slipway, id: string) => (await asking(`${url}/api/spawns/${id}/history`)).body['history'] as Array<Record<string, unknown>>
const steps = async (slipway: Slipway, id: string) => (await history(slipway, id)).map(({ to, by }) => `${to} ${by}`)

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  t.test(`a service that ends by ${signal} and is started again has its sessions, and their viewers on direct ports notice nothing`, async t => {
    const { start, launchers } = await restartable(t)
    const first = await start()
    const used = await openViewer(first, { model: 'engine' })
    const waiting = await openViewer(first)
    const viewer = await direct(used.port)
    await comesTrue('the viewer is seen', async () => (await session(first, used.serviceId))['state'] === 'connected')
    const before = await session(first, used.serviceId)
    const [launcher] = launchers()
    t.match(await first.stop(signal), signal === 'SIGTERM' ? { code: 0 } : { signal })
    if (signal === 'SIGTERM') t.match(await first.waitForLog(/leaving 2 sessions to the service that is started next/), { level: 30 })
    t.ok(isAlive(Number(before['pid'])))
    t.ok(await echoes(viewer, 'while there is no service'))

    const second = await start()
    t.match(await second.waitForLog(/of 2 sessions of the service that ran before 2 are taken over/), { adopted: 2, lost: 0 })
    t.same(launchers(), [launcher])
    const { id, port, pid, model, createdAt } = before
    t.match(await session(second, used.serviceId), { id, port, pid, model, createdAt, endedAt: null })
    t.ok(await echoes(viewer, 'and now there is one'))
    const feed = await SessionFeed.open(t, second)
    await feed.state(used.serviceId, 'connected')
    await feed.state(waiting.serviceId, 'ready')
    t.same(await steps(second, used.serviceId), ['adopted service', 'connected viewer'])
    t.match((await history(second, used.serviceId))[0], { from: null, to: 'adopted', by: 'service', port, pid, model })
    t.same(await steps(second, waiting.serviceId), ['adopted service', 'ready stream_server'])

    const more = [await openViewer(second), await openViewer(second)]
    t.equal(new Set([used.port, waiting.port, ...more.map(({ port }) => port)]).size, 4, 'no port is given twice')
    t.match(await askForViewer(second), { status: 503 }, 'and every seat is taken')
    viewer.close()
    t.match(await feed.end(used.serviceId), { state: 'stopped', reason: 'client_closed', exitCode: 0, port })
    const late = await direct(waiting.port)
    t.ok(await echoes(late, 'a viewer may still come'))
    await feed.state(waiting.serviceId, 'connected')
    late.close()
    t.match(await feed.end(waiting.serviceId), { reason: 'client_closed' })
    t.match(await second.stop('SIGINT'), { code: 0 })
    t.same(launchers(), [])
  })
}
