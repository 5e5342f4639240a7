import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { comesTrue, startSlipway } from '../fixtures/slipway.ts'
import { askForViewer, openViewer, session } from './support/requests.ts'
import { SessionFeed } from './support/session-feed.ts'

/** How long a stream server takes to leave, in milliseconds: the page is there again long before. */
const mode = 'slow-exit-1500'

async function viewed (url: string): Promise<WebSocket> {
  const viewer = new WebSocket(url)
  await once(viewer, 'open')
  return viewer
}

t.test('whoever reloads while the old session is still stopping gets another at once, and never has two', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_MAX_SESSIONS: '4', SLIPWAY_MAX_SESSIONS_PER_CALLER: '1' }, { mode })
  const feed = await SessionFeed.open(t, slipway)
  const page = `ws://127.0.0.1:${slipway.port}/`
  const known = new Set<string>()
  let old: string | undefined
  for (let load = 0; load < 3; load++) {
    const viewer = await viewed(page)
    const { id, createdAt } = await feed.until('another session', ({ id, state }) => state === 'connected' && !known.has(id))
    known.add(id)
    t.match(await askForViewer(slipway), { status: 429, body: { code: 'quota' } }, 'a second one is one too many')
    if (old !== undefined) {
      const { endedAt, reason } = await feed.end(old)
      t.equal(reason, 'client_closed')
      t.ok(createdAt < (endedAt ?? ''), 'it did not wait for the end of the other')
    }
    viewer.close()
    await feed.state(id, 'draining')
    old = id
  }
  await feed.end(old ?? '')
})

t.test('where the old session has the only seat, whoever reloads waits for it', async t => {
  const slipway = await startSlipway(t, { SLIPWAY_MAX_SESSIONS: '1', SLIPWAY_QUEUE_LENGTH: '5', SLIPWAY_SEAT_TIMEOUT: '20' }, { mode })
  const feed = await SessionFeed.open(t, slipway)
  const old = await openViewer(slipway)
  const viewer = await viewed(`ws://127.0.0.1:${slipway.port}${old.proxyPath}`)
  await feed.state(old.serviceId, 'connected')
  viewer.close()
  const next = await openViewer(slipway)
  t.match(await session(slipway, old.serviceId), { state: 'stopped', reason: 'client_closed' }, 'it had ended by then')
  t.not(next.serviceId, old.serviceId)
  await comesTrue('it goes on', async () => (await session(slipway, next.serviceId))['endedAt'] === null)
})
