import { Isolation, type IsolationOptions } from '../../src/crashes/isolation.ts'
import type { Note } from '../../src/keeping/note.ts'
import { LoadGate } from '../../src/load/load-gate.ts'
import { PortPool, type PortPoolOptions } from '../../src/ports/port-pool.ts'
import type { ProbeResult } from '../../src/ports/port-probe.ts'
import { Drain, type DrainProgress } from '../../src/spawning/drain.ts'
import { Spawner, type SpawnerOptions } from '../../src/spawning/spawner.ts'
import type { Report } from '../../src/status/report.ts'
import { FileAsker } from './file-asker.ts'
import { Ledger } from './ledger.ts'
import { firstPort, Life, type Outlast } from './life.ts'
import type { Scenario } from './scenario.ts'
import { SimulatedCaller } from './simulated-caller.ts'
import { SimulatedLauncher } from './simulated-launcher.ts'
import { VirtualClock } from './virtual-clock.ts'

/** What a run is built of; a test breaks one part to see that it is found. */
export interface Parts {
  ports: (options: PortPoolOptions) => PortPool
  spawner: (options: SpawnerOptions) => Spawner
  clock: () => VirtualClock
  isolation: (options: IsolationOptions) => Isolation
  gate: (...levels: ConstructorParameters<typeof LoadGate>) => LoadGate
  drain: (...of: ConstructorParameters<typeof Drain>) => Drain
}

export const soundParts: Parts = {
  ports: options => new PortPool(options),
  spawner: options => new Spawner(options),
  clock: () => new VirtualClock(),
  isolation: options => new Isolation(options),
  gate: levels => new LoadGate(levels),
  drain: (spawner, clock) => new Drain(spawner, clock)
}

/** Milliseconds that a service which leaves its sessions to the next waits for what is under way. */
const leavePatience = 3_000

/** The whole domain on a virtual clock; everything around it waits for the schedule. The service may go and come again: its processes stay. */
export class World {
  readonly scenario: Scenario
  readonly clock: VirtualClock
  readonly launcher: SimulatedLauncher
  readonly ledger: Ledger
  readonly callers: SimulatedCaller[]
  readonly files: FileAsker
  /** Processes ordered until every session was told to end; none may follow. */
  orderedAtStop: number | null = null
  closed = false
  /** The service is about to leave its sessions to the next. */
  leaving = false
  /** Told of every service that begins. */
  begun: (spawner: Spawner) => void = () => {}
  /** The service is ending, with or without its sessions: no drain may be called off. */
  #parting = false
  #listening = false
  readonly #outlast: Outlast
  #life: Life

  constructor (scenario: Scenario, parts: Parts) {
    this.scenario = scenario
    this.clock = parts.clock()
    this.launcher = new SimulatedLauncher(scenario.tempers)
    this.ledger = new Ledger(this.clock, scenario.limits, scenario.hold)
    this.callers = scenario.callers.map(plan => new SimulatedCaller(plan))
    this.files = new FileAsker(this)
    let ids = 0
    let tokens = 0
    this.#outlast = { scenario, parts, clock: this.clock, launcher: this.launcher, newId: () => `s${++ids}`, newToken: () => `t${++tokens}`, wedged: () => { this.ledger.faults.push('the service says that it is wedged') } }
    const now = this.clock.now()
    const notes: Note[] = Array.from({ length: scenario.left }, (_, left) => {
      const [id, port] = [`s${++ids}`, firstPort + left]
      return { id, renderer: 'csr', model: null, via: 'rest', caller: null, token: null, state: 'ready', reason: null, port, pid: this.launcher.brought(id, port), startTime: '1', executable: '/sc', gpu: null, createdAt: now, requestedAt: now, readyAt: now, connectedAt: null }
    })
    this.#life = this.#begin(notes)
  }

  get spawner (): Life['spawner'] { return this.#life.spawner }
  get ports (): Life['ports'] { return this.#life.ports }
  get gpus (): Life['gpus'] { return this.#life.gpus }
  get singleFiles (): Life['files'] { return this.#life.files }
  get crashes (): Life['crashes'] { return this.#life.crashes }
  get probes (): Life['probes'] { return this.#life.probes }
  get presences (): Life['presences'] { return this.#life.presences }
  get holders (): Life['holders'] { return this.#life.holders }

  /** Until when time may pass before the machine must have answered something. */
  get patience (): number { return Math.min(this.probes.patience, this.presences.patience, this.holders.patience) }

  report (id: string, report: Report): void {
    this.ledger.reports(id, report, () => { this.spawner.report(id, report) })
  }

  /** So many percent of the memory are left. That the gate closes below 10 and opens from 20 on is written down here once more. */
  memory (left: number): void {
    this.ledger.busy = left < 10 || (this.ledger.busy && left < 20)
    this.#life.gate.take({ memory: left, cpu: null, loop: null })
  }

  /** Somebody who was given a token is back, and shows it. */
  comesBack (caller: SimulatedCaller, token: string): void {
    const back = new SimulatedCaller({ ...caller.plan, reentry: { shown: token } })
    this.callers.push(back)
    back.ask(this)
  }

  /** The answer to the question `index` whether a port is free; one that a process has which nobody knows is not. */
  probed (index: number, result: ProbeResult): void {
    const port = this.probes.about(index)
    const held = this.launcher.processes.some(process => process.abandoned && process.stage !== 'gone' && process.port === port)
    this.probes.answer(index, held ? { status: 'taken', why: 'test' } : result)
  }

  /**
   * The service is killed, or asked to leave its sessions to the next, and is there again as soon as it has gone; `false` where it cannot be just now.
   */
  restart (how: 'killed' | 'leaves'): boolean {
    if (how === 'killed' && (!this.#parting || this.leaving)) {
      this.files.cut()
      for (const caller of this.callers) caller.cut()
      this.#again()
      return true
    }
    if (this.#parting) return false
    this.ledger.drained()
    this.#parting = this.leaving = true
    const life = this.#life
    // By then everybody has been answered.
    void life.leave(leavePatience).then(settle).then(() => { if (this.#life === life) this.#again() })
    return true
  }

  /** Stream servers can report from now on; `false` when they could before. */
  startAhead (): boolean {
    if (this.#listening) return false
    this.#listening = true
    this.spawner.startAhead()
    return true
  }

  /** Every process that runs reports that it does. */
  chorus (): void {
    for (const { stage, id } of this.launcher.processes) if (stage === 'running') this.report(id, { kind: 'ping', viewers: null, idle: null })
  }

  /** @param patience milliseconds until what is left is stopped; null: nobody stops it */
  drain (patience: number | null = null): void {
    this.ledger.drained()
    if (patience === null) this.spawner.drain()
    else {
      this.ledger.drainDue = { at: this.ledger.moment, patience }
      this.#life.drain.begin(patience)
    }
  }

  /** How far the drain is, by its own account. */
  get draining (): DrainProgress { return this.#life.drain.progress }

  /** Calls the drain off; `false` once the service is ending. */
  resume (): boolean {
    const may = !this.#parting
    if (may) this.ledger.resumed()
    if (this.#life.drain.cancel() !== may) this.ledger.faults.push(may ? 'the drain was not called off' : 'a drain was called off while the service was ending')
    return may
  }

  /** Waits until every session has ended by itself, as after SIGTERM. */
  runEmpty (): void {
    this.ledger.drained()
    this.#parting = true
    void this.spawner.emptied()
  }

  /** Ends every session: in good order, at once, or with everything else. */
  stop (how: 'stopAll' | 'hurry' | 'close'): void {
    this.ledger.drained()
    this.#parting = true
    this.orderedAtStop ??= this.launcher.processes.length
    if (how === 'hurry') this.spawner.hurry()
    else if (how === 'stopAll') void this.spawner.stopAll()
    else {
      void this.#life.close().then(() => { this.closed = true })
    }
  }

  #again (): void {
    const notes = [...this.#life.notes.values()]
    this.#life.end()
    this.launcher.severed()
    this.#parting = this.leaving = this.#listening = false
    this.#life = this.#begin(notes, this.#life)
    if (this.launcher.dead) this.launcher.replaced()
  }

  #begin (notes: readonly Note[], before?: Life): Life {
    const life = new Life(this.#outlast, before)
    this.ledger.follow(life.spawner)
    this.begun(life.spawner)
    for (const id of life.adopt(notes).unknown) this.launcher.abandon(id)
    return life
  }
}

/** Turns of the microtask queue after which nothing moves by itself any more. */
const turns = 16

/** Lets every promise that can settle do so, without leaving the tick: the same way every time, and cheap. */
export async function settle (): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await undefined
}
