import { EventEmitter } from 'node:events'
import type { ChildExit, Launcher, LauncherEvents, StartOrder, StartResult } from '../../src/spawning/launcher.ts'

/** How a process takes signals: it ends on SIGTERM, on SIGKILL only, or on none (stuck in the kernel). */
export type Temper = 'obeys' | 'stubborn' | 'stuck'

/** A stream server from its order to its end. */
export interface Process {
  readonly id: string
  readonly port: number
  readonly temper: Temper
  stage: 'ordered' | 'running' | 'gone'
  signal: 'SIGTERM' | 'SIGKILL' | null
  /** Its launcher died: it is about to be ended for that. */
  orphaned: boolean
  /** Its port or its process is no longer what it was. */
  spoiled: boolean
  readonly result: Promise<StartResult>
  readonly settle: (result: StartResult) => void
}

/** A launcher without processes, true to the promises of `Launcher`; what its children do, the schedule says. */
export class SimulatedLauncher extends EventEmitter<LauncherEvents> implements Launcher {
  readonly processes: Process[] = []
  /** Dead and not replaced yet. */
  dead = false
  /** Processes that are not gone. */
  alive = 0
  readonly #tempers: readonly Temper[]

  constructor (tempers: readonly Temper[]) {
    super()
    this.#tempers = tempers
  }

  async open (): Promise<void> {}
  async close (): Promise<void> {}

  start ({ id, args }: StartOrder): Promise<StartResult> {
    return this.#add(id, Number(args[0]), 'ordered').result
  }

  /** One that a service before has started. */
  brought (id: string, port: number): void {
    this.started(this.#add(id, port, 'running'))
  }

  signal (id: string, signal: 'SIGTERM' | 'SIGKILL'): void {
    // While it is being replaced nobody passes signals on.
    if (this.dead) return
    const process = this.processes.findLast(each => each.id === id)
    if (process !== undefined && process.stage !== 'gone' && process.signal !== 'SIGKILL') process.signal = signal
  }

  /** Whether the process cannot but end, now or soon. */
  static dies ({ stage, temper, signal, orphaned }: Process): boolean {
    if (stage === 'gone' || temper === 'stuck') return false
    return orphaned || signal === 'SIGKILL' || (signal === 'SIGTERM' && temper === 'obeys')
  }

  started (process: Process): void {
    process.stage = 'running'
    process.settle({ status: 'started', pid: 1_000 + this.processes.indexOf(process) })
  }

  failed (process: Process, code: string): void {
    this.#gone(process)
    process.settle({ status: 'failed', code, message: code })
  }

  /** The process ends; told after its start was answered, as the launcher promises. */
  ends (process: Process, how: Pick<ChildExit, 'code' | 'signal'>): void {
    if (process.stage === 'ordered') this.started(process)
    this.#gone(process)
    void process.result.then(() => { this.emit('exited', { id: process.id, pid: 1, outputTail: '', ...how }) })
  }

  die (): void {
    this.dead = true
    const left = this.processes.filter(({ stage }) => stage !== 'gone')
    for (const process of left) process.orphaned = true
    this.emit('lost', { children: left.length, cause: 'test' })
  }

  back (): void {
    this.dead = false
    this.emit('restarted')
  }

  #add (id: string, port: number, stage: 'ordered' | 'running'): Process {
    let settle: Process['settle'] = () => {}
    const result = new Promise<StartResult>(resolve => { settle = resolve })
    const temper = this.#tempers[this.processes.length % this.#tempers.length] ?? 'obeys'
    const process: Process = { id, port, temper, stage, signal: null, orphaned: false, spoiled: false, result, settle }
    this.processes.push(process)
    this.alive++
    return process
  }

  #gone (process: Process): void {
    process.stage = 'gone'
    this.alive--
  }
}
