import { brokenAtTheEnd, brokenNow } from './invariants.ts'
import { drawScenario, type Scenario } from './scenario.ts'
import { SeededSchedule, WrittenSchedule, type Move } from './schedule.ts'
import { SeededRandom } from './seeded-random.ts'
import { SimulatedLauncher } from './simulated-launcher.ts'
import { settle, soundParts, World, type Parts } from './world.ts'

export interface Run {
  seed: number
  scenario: Scenario
  moves: Move[]
  /** Two schedules with different events, or in worlds of different size, have different ones (but for one chance in millions). */
  fingerprint: number
  /** What was broken; `null`: nothing. */
  broken: string | null
  /** What happened, where asked for. */
  trace: string[]
}

export interface RunOptions {
  parts?: Parts
  /** Plays these instead of drawing some. */
  moves?: readonly Move[]
  trace?: boolean
}

/** Steps after which an end that does not come never will. */
const patience = 600

/** Milliseconds in which every limit of a scenario passes, and in which stream servers report. */
const longest = 90_000
const often = 2_000

/** One run: a world, a schedule, the end, and the invariants all along. It stops at the first that is broken. */
export async function run (seed: number, { parts = soundParts, moves: written, trace: tracing = false }: RunOptions = {}): Promise<Run> {
  const random = new SeededRandom(seed)
  const scenario = drawScenario(random)
  const schedule = written === undefined ? new SeededSchedule(random, scenario.moves) : new WrittenSchedule(written)
  const world = new World(scenario, parts)
  const result: Run = { seed, scenario, moves: [], fingerprint: 0, broken: null, trace: [] }
  const tell = (words: string) => { if (tracing) result.trace.push(`${String(world.clock.now() - 1_000_000).padStart(7)} ${words}`) }
  const follow = (spawner: World['spawner']) => {
    spawner.on('session', (view, from) => { tell(`    ${view.id} ${from ?? ''} > ${view.state}${view.reason === null ? '' : ` (${view.reason})`}${view.port === null ? '' : ` on ${view.port}`}`) })
    spawner.on('answered', ({ outcome, reason }) => { tell(`    answered ${outcome} ${reason ?? ''}`) })
  }
  if (tracing) {
    follow(world.spawner)
    world.begun = follow
  }
  try {
    while (result.broken === null) {
      const played = schedule.play(world)
      if (played === undefined) break
      result.moves.push(played.move)
      tell(`${played.move.kind} ${played.move.way} ${played.words}${played.move.swift ? ', and in the same tick:' : ''}`)
      if (played.move.swift) continue
      await settle()
      result.broken = brokenNow(world) ?? null
    }
    await settle()
    result.broken ??= await end(world, tell) ?? null
  } catch (error) {
    result.broken = `threw ${String(error)}`
  }
  result.fingerprint = fingerprint(result)
  return result
}

/** Brings the run to its end: nobody asks or reports any more, and all that must come comes. */
async function end (world: World, tell: (words: string) => void): Promise<string | undefined> {
  const { scenario: { ending }, launcher, ledger } = world
  const returned = world.leaving ? await until(world, () => !world.leaving, tell) : undefined
  if (returned !== undefined) return returned
  const left = [...ledger.entries.values()]
  tell(`ending: ${ending}`)
  if (ending === 'drain') world.drain()
  if (ending === 'hurry') world.stop('hurry')
  const by = world.clock.awake + longest
  let heard = world.clock.awake
  const allOver = () => {
    if (ending === 'reports' && world.clock.awake >= heard + often) {
      heard = world.clock.awake
      world.chorus()
    }
    // A viewer that stays, in a world without limits, stays.
    return world.clock.awake > by || left.every(({ state }) => state === 'stopped' || state === 'failed' || state === 'lost')
  }
  const broken = ending === 'close' ? undefined : await until(world, allOver, tell)
  if (broken !== undefined) return broken
  tell('close')
  world.stop('close')
  const unclosed = await until(world, () => world.closed, tell) ?? brokenAtTheEnd(world)
  if (unclosed !== undefined) return unclosed
  for (const process of launcher.processes) {
    if (process.stage === 'gone') continue
    tell(`the stuck process of ${process.id} ends`)
    if (process.stage === 'ordered' && process.orphaned) launcher.failed(process, 'LAUNCHER_LOST')
    else launcher.ends(process, { code: null, signal: 'SIGKILL' })
  }
  await settle()
  return brokenAtTheEnd(world)
}

/** Lets come what must come, and time pass, until it is `done`. */
async function until (world: World, done: () => boolean, tell: (words: string) => void): Promise<string | undefined> {
  for (let step = 0; step < patience; step++) {
    await settle()
    const broken = brokenNow(world)
    if (broken !== undefined || done()) return broken
    const what = owed(world)
    if (what === undefined && !world.clock.runNext() && !world.leaving) return 'it stands still'
    tell(what ?? 'time')
  }
  return 'it does not end'
}

/** What the machine owes by now: answers, the launcher's return, the end of whoever was told to end. */
function owed (world: World): string | undefined {
  const { probes, presences, holders, launcher } = world
  if (probes.size > 0) return after(() => { world.probed(0, { status: 'free' }) }, 'probe: free')
  if (presences.size > 0) return after(() => { presences.answer(0, 'absent') }, 'presence: absent')
  if (holders.size > 0) return after(() => { holders.answer(0, { status: 'unknown' }) }, 'holder: unknown')
  const dying = launcher.processes.find(SimulatedLauncher.dies)
  if (dying !== undefined) {
    return after(() => {
      if (dying.stage === 'ordered' && dying.orphaned) launcher.failed(dying, 'LAUNCHER_LOST')
      else launcher.ends(dying, { code: null, signal: dying.orphaned ? 'SIGKILL' : dying.signal })
    }, `${dying.id} dies`)
  }
  if (launcher.dead) return after(() => { launcher.back() }, 'the launcher is back')
  const ordered = launcher.processes.find(({ stage, orphaned }) => stage === 'ordered' && !orphaned)
  return ordered === undefined ? undefined : after(() => { launcher.started(ordered) }, `${ordered.id} runs`)
}

function after (act: () => void, words: string): string {
  act()
  return words
}

function fingerprint ({ scenario: { ports, maxSessions, callers, ahead, ending }, moves }: Run): number {
  let low = 0x811c9dc5
  let high = 0x01000193
  const mix = (value: number) => {
    low = Math.imul(low ^ value, 0x01000193)
    high = Math.imul(high ^ value, 0x5bd1e995) ^ (high >>> 13)
  }
  const text = (word: string) => { for (let index = 0; index < word.length; index++) mix(word.charCodeAt(index)) }
  for (const size of [ports, maxSessions, callers.length, ahead.csr, ahead.ssr]) mix(size)
  text(ending)
  for (const { kind, target, way, swift } of moves) {
    text(kind)
    mix(swift ? -1 - target : target)
    text(way)
  }
  return (high & 0x1fffff) * 2 ** 32 + (low >>> 0)
}
