import { EventEmitter } from 'node:events'
import type { Clock } from '../../src/clock.ts'
import { Isolation } from '../../src/crashes/isolation.ts'
import { adopt, type Adoption } from '../../src/keeping/adoption.ts'
import type { Note } from '../../src/keeping/note.ts'
import { takeNotes } from '../../src/keeping/notebook.ts'
import { LoadGate } from '../../src/load/load-gate.ts'
import type { Holder } from '../../src/ports/port-holder.ts'
import { PortPool } from '../../src/ports/port-pool.ts'
import type { Presence } from '../../src/ports/port-presence.ts'
import type { ProbeResult } from '../../src/ports/port-probe.ts'
import { GpuPool } from '../../src/sessions/gpu-pool.ts'
import type { ChildExit, KeptLauncher, LauncherEvents, StartOrder, StartResult } from '../../src/spawning/launcher.ts'
import { Drain } from '../../src/spawning/drain.ts'
import { SingleFiles } from '../../src/spawning/single-files.ts'
import { Spawner } from '../../src/spawning/spawner.ts'
import { WedgeWatch } from '../../src/spawning/wedge-watch.ts'
import { CrashLedger } from './crash-ledger.ts'
import { Questions } from './questions.ts'
import type { Scenario } from './scenario.ts'
import type { SimulatedLauncher } from './simulated-launcher.ts'
import type { VirtualClock } from './virtual-clock.ts'
import type { Parts } from './world.ts'

export const firstPort = 20_000

/** What goes on from one life to the next. */
export interface Outlast {
  scenario: Scenario
  parts: Parts
  clock: VirtualClock
  launcher: SimulatedLauncher
  newId: () => string
  newToken: () => string
  /** The service says of itself that it is wedged. */
  wedged: () => void
}

/** The domain from one start of the service to its end. After that nothing of it is heard any more, whatever it still does by itself. */
export class Life {
  readonly ports: PortPool
  readonly gpus: GpuPool
  readonly spawner: Spawner
  readonly isolation: Isolation
  readonly gate: LoadGate
  readonly crashes: CrashLedger
  readonly probes: Questions<ProbeResult>
  readonly presences: Questions<Presence>
  readonly holders: Questions<Holder>
  readonly drain: Drain
  readonly files: SingleFiles
  readonly #watch: WedgeWatch | null
  /** What the next life finds of the sessions of this one. */
  readonly notes = new Map<string, Note>()
  readonly #clock: MortalClock
  readonly #line: LauncherLine
  readonly #launcher: SimulatedLauncher

  constructor ({ scenario, parts, clock, launcher, newId, newToken, wedged }: Outlast, before?: Life) {
    this.#clock = new MortalClock(clock)
    this.#launcher = launcher
    this.#line = new LauncherLine(launcher)
    this.probes = new Questions(clock)
    this.presences = new Questions(clock)
    this.holders = new Questions(clock)
    this.gpus = new GpuPool(scenario.gpus)
    this.ports = parts.ports({ begin: firstPort, count: scenario.ports, rest: scenario.rest, retry: 5_000, clock: this.#clock, probe: port => this.probes.ask(port) })
    this.isolation = parts.isolation({ ...scenario.crashes, clock: this.#clock })
    this.gate = parts.gate({ memory: { closes: 10, opens: 20 }, cpu: { closes: 0, opens: 0 }, loop: { closes: 0, opens: 0 } })
    this.spawner = parts.spawner({
      launcher: this.#line,
      ports: this.ports,
      gpus: this.gpus,
      clock: this.#clock,
      presence: port => this.presences.ask(port),
      holder: (pid, port) => this.holders.ask(port),
      staleAfter: 6_000,
      programName: 'test',
      barred: model => this.isolation.barred(model),
      newId,
      order: ({ id }, port) => ({ id, executable: '/sc', args: [String(port)], env: {}, logFile: null, logBytes: 0 }),
      renderers: ['csr', 'ssr'],
      maxSessions: scenario.maxSessions,
      maxStarts: scenario.maxStarts,
      gate: this.gate,
      maxPerCaller: scenario.maxPerCaller,
      line: scenario.line,
      hold: { line: scenario.hold, seat: scenario.hold },
      newToken,
      ahead: scenario.ahead,
      limits: scenario.limits,
      keepEnded: 60_000
    })
    this.spawner.on('session', (session, from) => { this.isolation.session(session, from) })
    this.spawner.on('named', session => { this.isolation.named(session) })
    this.crashes = new CrashLedger(this.spawner, clock, scenario.crashes, before?.crashes)
    if (before !== undefined) this.isolation.restore(before.isolation.kept())
    this.drain = parts.drain(this.spawner, this.#clock)
    this.files = new SingleFiles({ launcher: this.#line, clock: this.#clock, draining: () => this.spawner.draining, newId, program: { executable: '/export', leading: [], trailing: [], env: {} } })
    this.#watch = scenario.wedgeWatch ? new WedgeWatch(this.spawner, { clock: this.#clock, alarm: wedged, recovered: () => {} }) : null
    const { notes } = this
    takeNotes(this.spawner, { note: note => { notes.set(note.id, note) }, ended: id => { notes.delete(id) }, noted: id => notes.get(id) }, launcher.look)
  }

  /** Takes over what the life before has noted. */
  adopt (notes: readonly Note[]): Adoption {
    return adopt(notes, this.#line, this.spawner, this.#launcher.look, ({ pid }) => { this.#launcher.kill(pid) })
  }

  /** Leaves its sessions to the next life, after at most so many milliseconds. */
  async leave (patience: number): Promise<void> {
    this.files.close()
    await this.spawner.leave(new Promise(resolve => { this.#clock.after(patience, resolve) }))
    await this.#line.leave()
  }

  /** The process is gone. */
  end (): void {
    this.#clock.stop()
    this.#line.end()
    this.spawner.removeAllListeners()
  }

  async close (): Promise<void> {
    this.files.close()
    await this.spawner.close()
    this.#watch?.close()
    this.drain.close()
    this.ports.close()
    this.isolation.close()
  }
}

/** The world's clock for one life: its timers end with it. */
class MortalClock implements Clock {
  readonly #clock: VirtualClock
  readonly #timers = new Set<() => void>()
  #over = false

  constructor (clock: VirtualClock) {
    this.#clock = clock
  }

  now (): number { return this.#clock.now() }

  after (milliseconds: number, action: () => void): () => void {
    if (this.#over) return () => {}
    const cancel = this.#clock.after(milliseconds, () => {
      this.#timers.delete(cancel)
      action()
    })
    this.#timers.add(cancel)
    return () => {
      this.#timers.delete(cancel)
      cancel()
    }
  }

  stop (): void {
    this.#over = true
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }
}

/** The line from one life of the service to the launcher that outlives it. */
class LauncherLine extends EventEmitter<LauncherEvents> implements KeptLauncher {
  readonly kept: KeptLauncher['kept']
  readonly #launcher: SimulatedLauncher
  readonly #exited = (exit: ChildExit): void => { this.emit('exited', exit) }
  readonly #lost = (loss: LauncherEvents['lost'][0]): void => { this.emit('lost', loss) }
  readonly #restarted = (): void => { this.emit('restarted') }
  #over = false

  constructor (launcher: SimulatedLauncher) {
    super()
    this.#launcher = launcher
    this.kept = launcher.children()
    launcher.on('exited', this.#exited).on('lost', this.#lost).on('restarted', this.#restarted)
  }

  async open (): Promise<void> {}
  async close (): Promise<void> {}
  async leave (): Promise<void> { this.end() }
  resume (): void { this.#launcher.retell() }
  start (order: StartOrder): Promise<StartResult> { return this.#over ? new Promise(() => {}) : this.#launcher.start(order) }
  signal (id: string, signal: 'SIGTERM' | 'SIGKILL'): void { if (!this.#over) this.#launcher.signal(id, signal) }

  end (): void {
    this.#over = true
    this.#launcher.off('exited', this.#exited).off('lost', this.#lost).off('restarted', this.#restarted)
  }
}
