import { Isolation } from '../../src/crashes/isolation.ts'
import { LoadGate, type Readings } from '../../src/load/load-gate.ts'
import { PortPool, type PortLease } from '../../src/ports/port-pool.ts'
import type { Reason } from '../../src/sessions/reasons.ts'
import { Session } from '../../src/sessions/session.ts'
import { transitions, type Deadline, type State } from '../../src/sessions/transitions.ts'
import { Attendance } from '../../src/spawning/attendance.ts'
import type { Clock } from '../../src/clock.ts'
import { Capacity } from '../../src/spawning/capacity.ts'
import { Drain, type DrainProgress } from '../../src/spawning/drain.ts'
import { KillLadder } from '../../src/spawning/kill-ladder.ts'
import type { OpenRequest, OpenResult } from '../../src/spawning/outcome.ts'
import { Quota } from '../../src/spawning/quota.ts'
import { ReEntries } from '../../src/spawning/re-entries.ts'
import { Reception } from '../../src/spawning/reception.ts'
import { SingleFiles } from '../../src/spawning/single-files.ts'
import { Reserve } from '../../src/spawning/reserve.ts'
import { Spawner } from '../../src/spawning/spawner.ts'
import { Supervisor } from '../../src/spawning/supervisor.ts'
import { WaitingLine } from '../../src/spawning/waiting-line.ts'
import { soundParts, type Parts } from './world.ts'
import { VirtualClock } from './virtual-clock.ts'

/** A rule broken on purpose. `mend` makes what all runs share whole again. */
export interface Breakage { rule: string, parts: Parts, mend?: () => void }

class ForgetsReleases extends PortPool {
  override async take (signal: AbortSignal): Promise<PortLease | undefined> {
    const lease = await super.take(signal)
    return lease === undefined ? undefined : { port: lease.port, block: why => { lease.block(why) }, release () {} }
  }
}

/** A lease that is released twice gives back what is somebody else's by then. */
class ReleasesTwice extends PortPool {
  readonly #released = new Set<number>()

  override async take (signal: AbortSignal): Promise<PortLease | undefined> {
    const lease = await super.take(signal)
    if (lease === undefined) return undefined
    const { port } = lease
    if (this.#released.delete(port)) lease.release()
    const release = () => {
      lease.release()
      this.#released.add(port)
    }
    return { port, release, block: why => { lease.block(why) } }
  }
}

/** Gives out a port of which it does not know whether it is leased. */
class GivesOutTwice extends PortPool {
  #given: PortLease | undefined

  override async take (signal: AbortSignal): Promise<PortLease | undefined> {
    const lease = await super.take(signal) ?? this.#given
    this.#given = lease
    return lease
  }
}

/** Does not mark the port of a session that is taken over. */
class ForgetsClaims extends PortPool {
  override claim (port: number): PortLease { return { port, release () {}, block () {} } }
}

/** Takes over only whoever has a viewer. */
class LosesSessions extends Spawner {
  override adopt (...[note, process]: Parameters<Spawner['adopt']>): void {
    if (note.connectedAt !== null) super.adopt(note, process)
  }
}

class DropsRefusals extends Spawner {
  override async open (request: OpenRequest): Promise<OpenResult> {
    const result = await super.open(request)
    return result.status === 'startFailed' ? await new Promise<OpenResult>(() => {}) : result
  }
}

class GoesOnAfterDrain extends Spawner {
  override drain (): void {}
}

/** Does not notice that somebody tries already. */
class TriesWithoutEnd extends Isolation {
  override barred (model: string): ReturnType<Isolation['barred']> {
    const barred = super.barred(model)
    return barred?.tried === true ? undefined : barred
  }
}

/** Does not look at the machine. */
class NeverCloses extends LoadGate {
  override take (): void {}
}

/** Opens as soon as the level is passed at which it closes. */
class Flutters extends LoadGate {
  constructor (levels: ConstructorParameters<typeof LoadGate>[0]) {
    super({ ...levels, memory: { closes: levels.memory.closes, opens: levels.memory.closes } })
  }
}

/** Stays closed once it was. */
class StaysClosed extends LoadGate {
  override take (readings: Readings): void {
    if (this.closed === null) super.take(readings)
  }
}

/** Takes every model for the one that is isolated. */
class BarsAll extends Isolation {
  override barred (): ReturnType<Isolation['barred']> {
    const [first] = this.isolated()
    return first === undefined ? undefined : super.barred(first.model)
  }
}

class NeverCancels extends VirtualClock {
  override after (milliseconds: number, action: () => void): () => void {
    super.after(milliseconds, action)
    return () => {}
  }
}

/** Does not call its timer off with itself. */
class StopsAllTheSame extends Drain {
  readonly #stop: (patience: number) => void
  readonly #cancels: Array<() => void> = []

  constructor (spawner: Spawner, clock: Clock) {
    super(spawner, clock)
    this.#stop = patience => { this.#cancels.push(clock.after(patience, () => { spawner.stopLiving() })) }
  }

  override begin (patience: number): DrainProgress {
    this.#stop(patience)
    return super.begin(patience)
  }

  override close (): void {
    super.close()
    for (const cancel of this.#cancels) cancel()
  }
}

/** Every rule that is broken here must be found by the simulation. */
export const breakages: ReadonlyArray<() => Breakage> = [
  () => ({ rule: 'a port is given back at the end', parts: { ...soundParts, ports: options => new ForgetsReleases(options) } }),
  () => ({ rule: 'a port is given out to one session at a time', parts: { ...soundParts, ports: options => new GivesOutTwice(options) } }),
  () => ({ rule: 'every caller is answered', parts: { ...soundParts, spawner: options => new DropsRefusals(options) } }),
  () => ({ rule: 'after the drain nothing is given out', parts: { ...soundParts, spawner: options => new GoesOnAfterDrain(options) } }),
  () => ({ rule: 'no timer outlives its purpose', parts: { ...soundParts, clock: () => new NeverCancels() } }),
  () => ({ rule: 'a port is given back once', parts: { ...soundParts, ports: options => new ReleasesTwice(options) } }),
  () => broken('the end of a process ends its session', Supervisor.prototype, 'exited', () => {}),
  () => broken('whoever does not leave is killed', KillLadder.prototype, 'climb', () => {}),
  lastReasonWins,
  () => broken('a model that keeps crashing is isolated', Isolation.prototype, 'barred', () => undefined),
  () => ({ rule: 'a model that is isolated is tried by one at a time', parts: { ...soundParts, isolation: options => new TriesWithoutEnd(options) } }),
  () => ({ rule: 'who asks for another model is not concerned', parts: { ...soundParts, isolation: options => new BarsAll(options) } }),
  () => broken('a seat is kept for whoever drops', ReEntries.prototype, 'parted', () => {}),
  () => broken('a token is good once', ReEntries.prototype, 'arrive', () => {}),
  keepsNothing,
  () => broken('one caller has no more than one may have', Quota.prototype, 'allows', () => true),
  () => broken('no more are started at a time than may be', Capacity.prototype, 'begin', () => {}),
  () => broken('a start that is over makes way for the next', Capacity.prototype, 'done', () => false),
  () => broken('the drain sends those away who wait', WaitingLine.prototype, 'close', () => {}),
  () => broken('a drain that is called off gives out again', WaitingLine.prototype, 'open', () => {}),
  () => broken('after the end there is no way back', Spawner.prototype, 'resume', () => true),
  () => ({ rule: 'nothing is started while the machine is too busy', parts: { ...soundParts, gate: levels => new NeverCloses(levels) } }),
  () => ({ rule: 'the gate opens only when there is some way to go again', parts: { ...soundParts, gate: levels => new Flutters(levels) } }),
  () => ({ rule: 'the gate opens again', parts: { ...soundParts, gate: levels => new StaysClosed(levels) } }),
  () => broken('a request has limits of its own', Session.prototype, 'limit', (name, ofAll) => ofAll[name]),
  () => broken('what a viewer says in its tunnel counts', Attendance.prototype, 'input', () => {}),
  () => broken('a session started ahead makes room', Reserve.prototype, 'yield', () => undefined),
  () => ({ rule: 'the port of a session that is taken over is its own', parts: { ...soundParts, ports: options => new ForgetsClaims(options) } }),
  () => ({ rule: 'every session that lives is taken over', parts: { ...soundParts, spawner: options => new LosesSessions(options) } }),
  () => broken('a service that leaves its sessions answers everybody first', Supervisor.prototype, 'letGo', () => {}),
  forgetsReasons,
  () => broken('when the time of a drain is over what is left is stopped', Spawner.prototype, 'stopLiving', () => {}),
  () => ({ rule: 'a drain that was called off stops nothing', parts: { ...soundParts, drain: (spawner, clock) => new StopsAllTheSame(spawner, clock) } }),
  () => broken('the line is called when something may be started', Reception.prototype, 'callWaiting', () => {}),
  () => broken('whoever asks for a single file is answered', SingleFiles.prototype, 'ask', async () => await new Promise(() => {})),
  () => broken('no program makes a single file after the service has ended', SingleFiles.prototype, 'close', () => {}),
  ...(Object.keys(transitions) as State[]).flatMap(state => transitions[state].deadlines.filter(({ passes }: Deadline) => passes !== 'escalate').map(deadline => () => withoutDeadline(state, deadline)))
]

/** All is sound but one method of one class. */
function broken<T extends object, K extends keyof T> (rule: string, prototype: T, method: K, instead: T[K]): Breakage {
  const sound = prototype[method]
  prototype[method] = instead
  return { rule, parts: soundParts, mend: () => { prototype[method] = sound } }
}

function withoutDeadline (state: State, deadline: Deadline): Breakage {
  const row = transitions[state] as { deadlines: readonly Deadline[] }
  const sound = row.deadlines
  row.deadlines = sound.filter(each => each !== deadline)
  return { rule: `a session that is ${state} has a ${deadline.limit}`, parts: soundParts, mend: () => { row.deadlines = sound } }
}

/** What is kept is nobody's to respect. */
function keepsNothing (): Breakage {
  const full = Object.getOwnPropertyDescriptor(Capacity.prototype, 'full')!
  const heldBy = Object.getOwnPropertyDescriptor(ReEntries.prototype, 'held')!
  let counting = false
  Object.defineProperty(ReEntries.prototype, 'held', { configurable: true, get (this: ReEntries): number { return counting ? 0 : heldBy.get!.call(this) as number } })
  Object.defineProperty(Capacity.prototype, 'full', {
    configurable: true,
    get (this: Capacity): boolean {
      counting = true
      try {
        return full.get!.call(this) as boolean
      } finally {
        counting = false
      }
    }
  })
  return {
    rule: 'a seat that is kept is nobody else’s',
    parts: soundParts,
    mend: () => {
      Object.defineProperty(Capacity.prototype, 'full', full)
      Object.defineProperty(ReEntries.prototype, 'held', heldBy)
    }
  }
}

function forgetsReasons (): Breakage {
  const { takenOver } = Session
  Session.takenOver = (note, now) => takenOver({ ...note, reason: null }, now)
  return { rule: 'the first reason outlives the service', parts: soundParts, mend: () => { Session.takenOver = takenOver } }
}

function lastReasonWins (): Breakage {
  const last = new WeakMap<Session, Reason>()
  const { because, view } = Session.prototype
  Session.prototype.because = function (reason) {
    last.set(this, reason)
    return because.call(this, reason)
  }
  Session.prototype.view = function () {
    return { ...view.call(this), reason: last.get(this) ?? null }
  }
  return { rule: 'the first reason stays', parts: soundParts, mend: () => { Object.assign(Session.prototype, { because, view }) } }
}
