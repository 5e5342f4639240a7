import { isTerminal, type Limit, type State } from '../../src/sessions/transitions.ts'
import type { Entry } from './ledger.ts'
import type { World } from './world.ts'

/** What must be so between any two events: the words name what is not. */
export function brokenNow (world: World): string | undefined {
  const { ledger, spawner, launcher } = world
  if (ledger.faults.length > 0) return ledger.faults[0]
  if (spawner.alive !== ledger.alive || ledger.created !== ledger.ended + ledger.alive) return `counters: ${ledger.created} came, ${ledger.ended} ended, ${spawner.alive} alive`
  if (world.orderedAtStop !== null && launcher.processes.length > world.orderedAtStop) return 'a process was started after everything was told to stop'
  if (world.scenario.maxStarts > 0 && ledger.starting > world.scenario.maxStarts) return `${ledger.starting} starts at a time`
  return brokenPorts(world) ?? brokenLine(world) ?? brokenQuota(world) ?? brokenProcesses(world) ?? brokenDeadlines(world) ?? brokenAnswers(world) ?? brokenDrain(world) ?? world.files.broken ?? world.crashes.fault
}

/** What must be so when everything is closed and every process that could end has ended. */
export function brokenAtTheEnd (world: World): string | undefined {
  const { ledger, clock, callers, gpus, launcher, files } = world
  if (ledger.alive > 0) return `${ledger.alive} sessions without an end`
  if (files.unanswered > 0) return `${files.unanswered} wait for a single file after close`
  if (clock.pending > 0) return `${clock.pending} timers after close`
  const answered = callers.filter(({ asked, cutOff }) => asked !== null && !cutOff)
  const unheard = answered.findIndex(({ answers }) => answers.length !== 1)
  if (unheard >= 0) return `a caller got ${answered[unheard]?.answers.length} answers`
  // An answer may have been told and on its way when the service was killed.
  const cutOff = callers.filter(caller => caller.cutOff).length
  if (ledger.answered < answered.length || ledger.answered > answered.length + cutOff) return `${answered.length} answers given, ${ledger.answered} told`
  if (launcher.alive === 0 && gpus.counts().some(count => count > 0)) return 'a GPU was not given back'
  return brokenNow(world)
}

/** Every port is in one place, and leased exactly as long as somebody asks about it or a process has it. */
function brokenPorts ({ ports, launcher, probes, scenario }: World): string | undefined {
  const { free, leased, resting, blocked } = ports.counts()
  if (free + leased + resting + blocked !== scenario.ports) return `${scenario.ports} ports: ${free} free, ${leased} leased, ${resting} resting, ${blocked} blocked`
  const held = launcher.alive - launcher.abandoned + probes.size
  return leased === held ? undefined : `${leased} ports leased, ${held} in use`
}

/** Nobody waits while a seat is free and may be taken, or longer than is allowed, or for more than the line holds. */
function brokenLine ({ spawner, ledger, ports, callers, clock, scenario: { maxSessions, maxStarts, line, ports: all } }: World): string | undefined {
  const waiting = callers.filter(({ waits }) => waits !== null)
  // Whoever has had a seat may wait in a line that is full.
  const allowed = line.room + waiting.filter(({ plan }) => plan.reentry?.shown != null).length
  if (waiting.length !== spawner.waiting || waiting.length > allowed) return `${waiting.length} were told that they wait, ${spawner.waiting} do, in a line for ${line.room}`
  if (waiting.length > 0 && ledger.draining) return `${waiting.length} wait after the drain`
  const mayStart = !ledger.busy && (maxStarts === 0 || ledger.starting < maxStarts)
  const { leased, free, resting } = ports.counts()
  const { held } = spawner
  // Whoever a seat is kept for needs a port, too.
  const short = leased + held >= all || (held > 0 && free + resting <= ports.waiting + held)
  if (clock.late) return undefined
  if (waiting.length > 0 && mayStart && spawner.alive + held < maxSessions && !short) return `${waiting.length} wait while a seat is free`
  for (const { waits } of waiting) {
    if (waits !== null && clock.awake - waits.awake > line.patience + grace * (clock.jumps - waits.jumps)) return `somebody has waited for ${clock.awake - waits.awake} ms`
  }
  return undefined
}

/** Nobody has more than one may have, but for what is about to end. */
function brokenQuota ({ ledger, scenario: { maxPerCaller } }: World): string | undefined {
  if (maxPerCaller === 0) return undefined
  const counts = new Map<string, number>()
  for (const [id, caller] of ledger.callers) {
    const state = ledger.entries.get(id)?.state
    if (state === undefined || state === 'draining' || isTerminal(state)) continue
    const count = (counts.get(caller) ?? 0) + 1
    if (count > maxPerCaller) return `${count} sessions of one caller, who may have ${maxPerCaller}`
    counts.set(caller, count)
  }
  return undefined
}

/** No process without a session, no port and no session with two processes, never more than there are seats. */
function brokenProcesses ({ launcher, ledger, spawner, scenario }: World): string | undefined {
  const ports = new Set<number>()
  const ids = new Set<string>()
  let seats = 0
  for (const { stage, id, port, abandoned, makes } of launcher.processes) {
    if (stage === 'gone' || makes !== null) continue
    const state = ledger.entries.get(id)?.state
    if (!abandoned && (state === undefined || (isTerminal(state) && state !== 'lost'))) return `the process of ${id} has no owner: ${state}`
    if (ports.has(port)) return `port ${port} was given out twice`
    if (ids.has(id)) return `${id} has two processes`
    ports.add(port)
    ids.add(id)
    if (state !== 'lost' && !abandoned) seats++
  }
  return seats + spawner.held > scenario.maxSessions ? `${seats} processes and ${spawner.held} seats that are kept, of ${scenario.maxSessions}` : undefined
}

/** After the process stood still, a deadline waits a second for what was said meanwhile. */
const grace = 1_000

/** No session outstays a limit of its state. Written down here once more, so that a row missing in the table is found. */
function brokenDeadlines (world: World): string | undefined {
  const { ledger, clock, presences } = world
  if (clock.late) return undefined
  for (const entry of ledger.entries.values()) {
    if (isTerminal(entry.state)) continue
    // The system is asked whether the viewer has come: the session stays until it has answered.
    if (entry.state === 'ready' && entry.port !== null && presences.isOpen(entry.port)) continue
    for (const [limit, since, times = 1, least = 0] of deadlines[entry.state] ?? []) {
      const from = since(entry)
      const allowed = ledger.limit(entry, limit)
      if (allowed === 0 || from === null) continue
      const waited = clock.awake - from.awake
      // One that had passed when the state was entered is taken for one that passed while the process stood still.
      const before = entry.entered.awake - from.awake
      const due = Math.max(allowed * times, least)
      if (waited > (due <= before ? before + grace : due) + grace * (clock.jumps - from.jumps)) return `${entry.id} is ${entry.state} past its ${limit}, after ${waited} ms`
    }
  }
  return undefined
}

type Since = (entry: Entry) => Entry['reported']
const entered: Since = entry => entry.entered
const ping: [Limit, Since] = ['pingTimeout', entry => entry.reported ?? entry.entered]
const deadlines: Partial<Record<State, ReadonlyArray<[Limit, Since, number?, number?]>>> = {
  queued: [['queueTimeout', entered]],
  starting: [['startTimeout', ({ entered, asked }) => asked.now > entered.now ? asked : entered]],
  spare: [['aheadLifetime', entered], ping],
  adopted: [ping],
  ready: [['firstConnectTimeout', entry => entry.visited ? null : entry.entered], ['firstConnectTimeout', entry => entry.visited ? entry.entered : null, 1, 35_000], ping],
  connected: [ping, ['maxLifetime', ({ asked }) => asked], ['idleTimeout', ({ input }) => input]],
  draining: [['killStep', entered, 3]]
}

/** A drain is told as it is, and when its time is over, everything has been told to end. */
function brokenDrain ({ draining: told, spawner, ledger, clock }: World): string | undefined {
  const { draining, since, atStart, left } = told
  if (draining !== ledger.draining || (since !== null) !== draining) return `a drain is told that is none, or none that is: ${draining}, since ${since}`
  if (left > atStart || left !== (draining ? spawner.alive : 0)) return `${left} sessions are left of ${atStart} in a drain, and ${spawner.alive} alive`
  if (ledger.drainDue === null || clock.late) return undefined
  const { at, patience } = ledger.drainDue
  if (clock.awake - at.awake <= patience + grace * (clock.jumps - at.jumps)) return undefined
  for (const { id, state } of ledger.entries.values()) if (state !== 'draining' && !isTerminal(state)) return `${id} is ${state} after the drain's time is over`
  return undefined
}

function brokenAnswers ({ callers, ledger }: World): string | undefined {
  for (const { answers, late, keptOut, misjudged } of callers) {
    const answer = answers[0]
    if (answer === undefined) continue
    if (answers.length > 1) return 'a caller got two answers'
    if (late && answer.status !== 'draining') return `after the drain a caller was answered ${answer.status}`
    if (misjudged !== undefined) return misjudged
    if (keptOut) return `a session started ahead kept a caller out: ${answer.status}`
    if (answer.status === 'opened' && (answer.session.state !== 'ready' || answer.session.port === null)) return `a session was given out ${answer.session.state} on ${answer.session.port}`
  }
  for (const { id, givenTo } of ledger.entries.values()) if (givenTo > 1) return `${id} was given to ${givenTo} callers`
  return undefined
}
