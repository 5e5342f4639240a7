import type { Holder } from '../../src/ports/port-holder.ts'
import { PortPool, type PortPoolOptions } from '../../src/ports/port-pool.ts'
import type { Presence } from '../../src/ports/port-presence.ts'
import type { ProbeResult } from '../../src/ports/port-probe.ts'
import { Isolation, type IsolationOptions } from '../../src/crashes/isolation.ts'
import { LoadGate } from '../../src/load/load-gate.ts'
import { GpuPool } from '../../src/sessions/gpu-pool.ts'
import { Spawner, type SpawnerOptions } from '../../src/spawning/spawner.ts'
import type { Report } from '../../src/status/report.ts'
import { CrashLedger } from './crash-ledger.ts'
import { Ledger } from './ledger.ts'
import { Questions } from './questions.ts'
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
}

export const soundParts: Parts = {
  ports: options => new PortPool(options),
  spawner: options => new Spawner(options),
  clock: () => new VirtualClock(),
  isolation: options => new Isolation(options),
  gate: levels => new LoadGate(levels)
}

const firstPort = 20_000

/** The whole domain on a virtual clock; everything around it waits for the schedule. */
export class World {
  readonly scenario: Scenario
  readonly clock: VirtualClock
  readonly launcher: SimulatedLauncher
  readonly ports: PortPool
  readonly gpus: GpuPool
  readonly spawner: Spawner
  readonly isolation: Isolation
  readonly crashes: CrashLedger
  readonly gate: LoadGate
  readonly ledger: Ledger
  readonly callers: SimulatedCaller[]
  readonly probes: Questions<ProbeResult>
  readonly presences: Questions<Presence>
  readonly holders: Questions<Holder>
  /** Processes ordered until every session was told to end; none may follow. */
  orderedAtStop: number | null = null
  closed = false
  /** The service is ending, with or without its sessions: no drain may be called off. */
  #parting = false
  #listening = false

  constructor (scenario: Scenario, parts: Parts) {
    this.scenario = scenario
    this.clock = parts.clock()
    this.probes = new Questions(this.clock)
    this.presences = new Questions(this.clock)
    this.holders = new Questions(this.clock)
    this.launcher = new SimulatedLauncher(scenario.tempers)
    this.gpus = new GpuPool(scenario.gpus)
    this.ports = parts.ports({ begin: firstPort, count: scenario.ports, rest: scenario.rest, retry: 5_000, clock: this.clock, probe: port => this.probes.ask(port) })
    this.isolation = parts.isolation({ ...scenario.crashes, clock: this.clock })
    this.gate = parts.gate({ memory: { closes: 10, opens: 20 }, cpu: { closes: 0, opens: 0 }, loop: { closes: 0, opens: 0 } })
    let ids = 0
    this.spawner = parts.spawner({
      launcher: this.launcher,
      ports: this.ports,
      gpus: this.gpus,
      clock: this.clock,
      presence: port => this.presences.ask(port),
      holder: (pid, port) => this.holders.ask(port),
      staleAfter: 6_000,
      programName: 'test',
      barred: model => this.isolation.barred(model),
      newId: () => `s${++ids}`,
      order: ({ id }, port) => ({ id, executable: '/sc', args: [String(port)], env: {}, logFile: null, logBytes: 0 }),
      renderers: ['csr', 'ssr'],
      maxSessions: scenario.maxSessions,
      maxStarts: scenario.maxStarts,
      gate: this.gate,
      maxPerCaller: scenario.maxPerCaller,
      line: scenario.line,
      ahead: scenario.ahead,
      limits: scenario.limits,
      keepEnded: 60_000
    })
    this.spawner.on('session', (session, from) => { this.isolation.session(session, from) })
    this.spawner.on('named', session => { this.isolation.named(session) })
    this.crashes = new CrashLedger(this.spawner, this.clock, scenario.crashes)
    this.ledger = new Ledger(this.spawner, this.clock, scenario.limits)
    this.callers = scenario.callers.map(plan => new SimulatedCaller(plan))
    const now = this.clock.now()
    for (let left = 0; left < scenario.left; left++) {
      const note = { id: `s${++ids}`, renderer: 'csr', model: null, via: 'rest', caller: null, state: 'ready', reason: null, port: firstPort + left, pid: 1, gpu: null, createdAt: now, requestedAt: now, readyAt: now, connectedAt: null } as const
      this.launcher.brought(note.id, note.port)
      this.spawner.adopt(note, 'lives')
    }
  }

  /** Until when time may pass before the machine must have answered something. */
  get patience (): number { return Math.min(this.probes.patience, this.presences.patience, this.holders.patience) }

  report (id: string, report: Report): void {
    this.ledger.reports(id, report, () => { this.spawner.report(id, report) })
  }

  /** So many percent of the memory are left. That the gate closes below 10 and opens from 20 on is written down here once more. */
  memory (left: number): void {
    this.ledger.busy = left < 10 || (this.ledger.busy && left < 20)
    this.gate.take({ memory: left, cpu: null, loop: null })
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

  drain (): void {
    this.ledger.drained()
    this.spawner.drain()
  }

  /** Calls the drain off; `false` once the service is ending. */
  resume (): boolean {
    const may = !this.#parting
    this.ledger.draining = !may
    if (this.spawner.resume() !== may) this.ledger.faults.push(may ? 'the drain was not called off' : 'a drain was called off while the service was ending')
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
      void this.spawner.close().then(() => {
        this.ports.close()
        this.isolation.close()
        this.closed = true
      })
    }
  }
}

/** Turns of the microtask queue after which nothing moves by itself any more. */
const turns = 16

/** Lets every promise that can settle do so, without leaving the tick: the same way every time, and cheap. */
export async function settle (): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await undefined
}
