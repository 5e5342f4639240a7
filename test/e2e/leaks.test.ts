import { readFileSync, readdirSync } from 'node:fs'
import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { portIsFree, processesWithArgument } from '../fixtures/leak-check.ts'
import { childrenOf, comesTrue, startSlipway, type Slipway } from '../fixtures/slipway.ts'
import { asking, askForViewer, openViewer, stopSession } from './support/requests.ts'
import { parted } from './support/raw-viewer.ts'
import { SessionFeed } from './support/session-feed.ts'

const cycles = 100
const abreast = 6

const descriptors = (pid: number) => readdirSync(`/proc/${pid}/fd`).length

/** Children of a process that ended and were not collected. */
const zombies = (pid: number) => childrenOf(pid).filter(child => /^State:\s+Z/m.test(readFileSync(`/proc/${child}/status`, 'utf8')))

/** One session of each kind in turn, from its request to its end. */
async function cycle (slipway: Slipway, feed: SessionFeed, turn: number): Promise<void> {
  switch (turn % 5) {
    case 0: {
      const viewer = new WebSocket(`ws://127.0.0.1:${slipway.port}/?turn=${turn}`)
      await once(viewer, 'open')
      const over = parted(viewer)
      viewer.close()
      return await over
    }
    case 1: {
      const caller = new AbortController()
      const model = `mode-slow-ready-${10_000 + turn}`
      const asked = askForViewer(slipway, { model }, caller.signal).catch(() => {})
      const { id } = await feed.until('the start', record => record.model === model && record.state === 'starting')
      caller.abort()
      await asked
      await feed.end(id)
      return
    }
    case 2:
      await askForViewer(slipway, { model: 'mode-crash-at-start' })
      return
    default: {
      const { serviceId } = await openViewer(slipway)
      await stopSession(slipway, serviceId)
    }
  }
}

t.test(`after ${cycles} sessions the service is as it was before the first`, async t => {
  const slipway = await startSlipway(t, { SLIPWAY_MAX_SESSIONS: String(2 * abreast), SLIPWAY_CRASH_LIMIT: '0' })
  const feed = await SessionFeed.open(t, slipway)
  const processes = () => [slipway.pid, slipway.launcher()]
  const quiet = async () => (await asking(`${slipway.url}/api/status`)).body['usedSpawnPorts'] === 0
  await openViewer(slipway).then(({ serviceId }) => stopSession(slipway, serviceId))
  await comesTrue('nothing runs yet', quiet)
  const before = processes().map(descriptors)

  let next = 0
  await Promise.all(Array.from({ length: abreast }, async () => { while (next < cycles) await cycle(slipway, feed, next++) }))
  await comesTrue('every session has ended', quiet)

  t.same(processesWithArgument(slipway.folder), [], 'no stream server is left')
  t.same(processes().flatMap(zombies), [], 'no zombie is left')
  const more = () => processes().map((pid, i) => descriptors(pid) - (before[i] ?? 0))
  await comesTrue('the descriptors are as before', () => more().every(extra => extra <= 0)).catch(() => { t.same(more(), [0, 0], 'open descriptors of service and launcher') })
  t.same((await Promise.all(slipway.ports.map(portIsFree))).filter(free => !free), [], 'every port is free')
  const ends = [...(await (await fetch(`${slipway.url}/metrics`)).text()).matchAll(/^slipway_session_ends_total\{reason="(\w+)"\} ([1-9]\d*)$/gm)].map(([, reason, count]) => [reason, Number(count)])
  t.same(Object.fromEntries(ends), { client_closed: cycles * 2 / 5, crashed: cycles / 5, admin: cycles * 2 / 5 + 1 })
})
