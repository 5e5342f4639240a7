import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { WebSocket } from 'ws'
import { isTerminal, states, type State } from '../../src/sessions/transitions.ts'
import type { Transition } from '../../src/history/transition.ts'
import type { SessionRecord } from '../../src/sessions/session-record.ts'
import { asking } from '../e2e/support/requests.ts'
import { portIsFree, processesWithArgument } from '../fixtures/leak-check.ts'
import { childrenOf, comesTrue } from '../fixtures/slipway.ts'
import { swollen, type Footprint, type Weighed } from './footprint.ts'
import { Metrics } from './metrics.ts'

/** A service that runs and that nobody asks for anything any more. */
export interface Examined extends Weighed {
  /** Its stream servers' ports. */
  ports: readonly number[]
  /** In the command line of each of its stream servers, and of nobody else. */
  folder: string
}

/** What is known of its past from outside. */
export interface Past {
  /** Viewing requests that reached it; least and most, where connections broke before anybody could know. */
  asked: number | readonly [number, number]
  /** What it took of the machine before; null: it was not there. */
  before: Footprint | null
  /** Sessions that came, once everything is quiet; absent: those it remembers. */
  come?: () => number
}

/** Sessions whose histories are read. */
const mostRead = 500

/** Everything that does not hold, in words; first it is waited, for 30 s at most, until nothing happens any more. */
export async function broken (service: Examined, past: Past): Promise<string[]> {
  const { url, pid, ports } = service
  let busy: string[] = []
  await comesTrue('everything is quiet', async () => {
    busy = await stirring(service)
    return busy.length === 0
  }, 30_000).catch(() => {})
  const metrics = await Metrics.of(url)
  const listed = await records(url)
  const stories = await read(listed.slice(-mostRead).map(({ id }) => `${url}/api/spawns/${id}/history`))
  const [least, most] = typeof past.asked === 'number' ? [past.asked, past.asked] : past.asked
  const answered = metrics.sum('spawn_requests_total')
  const ends = metrics.sum('session_ends_total')
  const come = past.come?.() ?? listed.length
  const inPlaces = metrics.sum('ports')
  const busyPorts = (await Promise.all(ports.map(async port => await portIsFree(port) ? [] : [port]))).flat()
  const zombies = [pid, ...childrenOf(pid)].flatMap(childrenOf).filter(isZombie)
  const health = await asking(`${url}/healthz`)
  const ready = await asking(`${url}/readyz`)
  const more = past.before === null ? [] : await swollen(service, past.before)
  return [
    ...more,
    ...busy,
    ...inPlaces === ports.length ? [] : [`of ${ports.length} ports ${inPlaces} are somewhere`],
    ...busyPorts.length === 0 ? [] : [`ports ${busyPorts.join(', ')} cannot be bound`],
    ...answered >= least && answered <= most ? [] : [`${least} to ${most} requests came, ${answered} were answered`],
    ...ends === come ? [] : [`${come} sessions came, ${ends} ended`],
    ...stories.flatMap(unfinished),
    ...givenTwice(stories),
    ...zombies.length === 0 ? [] : [`processes ${zombies.join(', ')} were never collected`],
    ...health.status === 200 && metrics.sum('wedged') === 0 ? [] : [`it is wedged: ${JSON.stringify(health.body)}`],
    ...ready.status === 200 ? [] : [`it is not ready: ${JSON.stringify(ready.body)}`]
  ]
}

/** Every session that is remembered, in the order they came. */
async function records (url: string): Promise<SessionRecord[]> {
  const feed = new WebSocket(`${url.replace('http', 'ws')}/api/events`)
  const [first] = await once(feed, 'message') as [Buffer]
  feed.terminate()
  const { sessions } = JSON.parse(String(first)) as { sessions: SessionRecord[] }
  return sessions.sort((a, b) => a.createdAt < b.createdAt ? -1 : 1)
}

/** What has not come to its end yet. */
async function stirring ({ url, folder }: Examined): Promise<string[]> {
  const metrics = await Metrics.of(url)
  const alive = states.filter(state => !isTerminal(state)).map(state => [`sessions ${state}`, metrics.sum('sessions', `state="${state}"`)] as const)
  const counts = [
    ...alive,
    ['ports leased', metrics.sum('ports', 'state="leased"')],
    ['ports blocked', metrics.sum('ports', 'state="blocked"')],
    ['requests waiting', metrics.sum('queue_depth')],
    ['viewers tunnelled', metrics.sum('tunnel_connections')],
    ['processes', processesWithArgument(folder).length]
  ] as const
  return counts.filter(([, count]) => count !== 0).map(([what, count]) => `${what}: ${count}`)
}

type Story = { id: string, steps: Transition[] }

/** Histories, some at a time. */
async function read (addresses: string[]): Promise<Story[]> {
  const stories: Story[] = []
  const left = [...addresses]
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let address = left.pop(); address !== undefined; address = left.pop()) {
      const { body } = await asking(address)
      stories.push({ id: String(body['id'] ?? address), steps: (body['history'] ?? []) as Transition[] })
    }
  }))
  return stories
}

function unfinished ({ id, steps }: Story): string[] {
  const last = steps.at(-1)
  if (last === undefined) return [`nothing is known of session ${id}`]
  if (!isTerminal(last.to)) return [`session ${id} has no end: ${last.to}`]
  return last.reason === null ? [`session ${id} has no reason`] : []
}

const served: readonly State[] = ['ready', 'connected', 'adopted']

/** Two sessions that were served on one port at one time. */
function givenTwice (stories: Story[]): string[] {
  const stays = stories.flatMap(({ id, steps }) => {
    const first = steps.find(({ to }) => served.includes(to))
    const last = steps.at(-1)
    return first === undefined || last === undefined ? [] : [{ id, port: first.port, from: first.at, to: last.at }]
  }).sort((a, b) => a.from < b.from ? -1 : 1)
  return stays.flatMap((stay, index) => stays.slice(index + 1)
    .filter(other => other.port === stay.port && other.from < stay.to)
    .map(other => `port ${stay.port} was given to ${stay.id} and ${other.id} at one time`))
}

function isZombie (pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
