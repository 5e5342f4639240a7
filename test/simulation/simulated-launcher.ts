import { EventEmitter } from 'node:events'
import type { Look } from '../../src/keeping/proof.ts'
import type { ChildExit, KeptChild, Launcher, LauncherEvents, StartOrder, StartResult } from '../../src/spawning/launcher.ts'

/** How a process takes signals: it ends on SIGTERM, on SIGKILL only, or on none (stuck in the kernel). */
export type Temper = 'obeys' | 'stubborn' | 'stuck'

const firstPid = 1_000
/** What a program says that has made a file. */
const made = JSON.stringify({ made: '0123456789abcdef0123456789abcdef01234567', bytes: 1 })

/** A stream server, or a program that makes a single file, from its order to its end. */
export interface Process {
  readonly id: string
  /** 0: a program that makes a file has none. */
  readonly port: number
  /** The model that a single file is made of; null: it is a stream server. */
  readonly makes: string | null
  readonly temper: Temper
  stage: 'ordered' | 'running' | 'gone'
  signal: 'SIGTERM' | 'SIGKILL' | null
  /** Its launcher died: it is about to be ended for that. */
  orphaned: boolean
  /** Its port or its process is no longer what it was. */
  spoiled: boolean
  /** How its end is to be told, once there is one: it is about to be, or nobody was there to hear it. */
  end: { exit: ChildExit, told: 'soon' | 'to nobody' } | null
  /** The service was started again and does not have it: it is being killed. */
  abandoned: boolean
  result: Promise<StartResult>
  settle: (result: StartResult) => void
}

/** A launcher without processes, true to the promises of `Launcher`; what its children do, the schedule says. */
export class SimulatedLauncher extends EventEmitter<LauncherEvents> implements Launcher {
  readonly processes: Process[] = []
  /** Dead and not replaced yet. */
  dead = false
  deaths = 0
  /** Stream servers that are not gone, and of these the ones that no session has. */
  alive = 0
  abandoned = 0
  readonly #tempers: readonly Temper[]

  constructor (tempers: readonly Temper[]) {
    super()
    this.#tempers = tempers
  }

  async open (): Promise<void> {}
  async close (): Promise<void> {}

  start ({ id, args }: StartOrder): Promise<StartResult> {
    return this.#add(id, args[0] ?? '', 'ordered').result
  }

  /** One that a service before has started; answers its pid. */
  brought (id: string, port: number): number {
    const process = this.#add(id, String(port), 'running')
    this.started(process)
    return this.#pid(process)
  }

  /** Who runs under a pid. */
  readonly look: Look = pid => {
    const process = this.processes[pid - firstPid]
    return process?.stage === 'running' ? { startTime: '1', executable: '/sc', args: [process.id], kept: !process.orphaned } : null
  }

  /** What a service that comes next finds: those that run, and those whose end nobody heard. */
  children (): KeptChild[] {
    if (this.dead) return []
    return this.processes.filter(({ stage, end }) => stage === 'running' || end !== null).map(process => ({ id: process.id, pid: this.#pid(process), startTime: '1', ended: process.stage === 'gone' }))
  }

  /** The service is gone: what was ordered runs, and who ordered it hears nothing of it. What waited for a launcher does not. */
  severed (): void {
    for (const process of this.processes) {
      if (process.stage !== 'ordered') continue
      if (this.dead) {
        this.#gone(process)
        continue
      }
      process.stage = 'running'
      process.result = Promise.resolve({ status: 'started', pid: this.#pid(process) })
      process.settle = () => {}
    }
  }

  /** A process whose launcher is dead is killed by its pid. */
  kill (pid: number): void {
    const process = this.processes[pid - firstPid]
    if (process !== undefined) this.#fall(process)
  }

  /** Nobody has this process any more. */
  abandon (id: string): void {
    const process = this.processes.findLast(each => each.id === id)
    if (process === undefined || process.stage === 'gone' || process.abandoned) return
    process.abandoned = true
    if (process.makes === null) this.abandoned++
  }

  /** The service that comes next has started another launcher: the children of the dead one end, since nobody hears them, or are stuck. */
  replaced (): void {
    this.dead = false
    for (const process of this.processes) if (process.orphaned) this.#fall(process)
  }

  #fall (process: Process): void {
    if (process.stage === 'gone') return
    if (process.stage === 'running' && process.temper === 'stuck') this.abandon(process.id)
    else {
      this.#gone(process)
      process.end = null
    }
  }

  #pid (process: Process): number { return firstPid + this.processes.indexOf(process) }

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
    process.settle({ status: 'started', pid: this.#pid(process) })
  }

  failed (process: Process, code: string): void {
    this.#gone(process)
    process.settle({ status: 'failed', code, message: code })
  }

  /** The process ends; told after its start was answered, as the launcher promises. */
  ends (process: Process, how: Pick<ChildExit, 'code' | 'signal'>): void {
    if (process.stage === 'ordered') this.started(process)
    this.#gone(process)
    const exit = { id: process.id, pid: this.#pid(process), outputTail: process.makes !== null && how.code === 0 ? made : '', ...how }
    process.end = { exit, told: 'soon' }
    void process.result.then(() => { process.end = this.emit('exited', exit) ? null : { exit, told: 'to nobody' } })
  }

  /** A service is there again: it is told the ends that nobody has heard. */
  retell (): void {
    for (const process of this.processes) {
      if (process.end?.told !== 'to nobody') continue
      const { exit } = process.end
      process.end = null
      this.emit('exited', exit)
    }
  }

  die (): void {
    this.dead = true
    this.deaths++
    const left = this.processes.filter(({ stage }) => stage !== 'gone')
    for (const process of left) process.orphaned = true
    this.emit('lost', { children: left.length, cause: 'test' })
  }

  back (): void {
    this.dead = false
    this.emit('restarted')
  }

  /** @param given its port, or the model of which it makes a file */
  #add (id: string, given: string, stage: 'ordered' | 'running'): Process {
    let settle: Process['settle'] = () => {}
    const result = new Promise<StartResult>(resolve => { settle = resolve })
    const temper = this.#tempers[this.processes.length % this.#tempers.length] ?? 'obeys'
    const port = Number(given)
    const process: Process = { id, ...Number.isNaN(port) ? { port: 0, makes: given } : { port, makes: null }, temper, stage, signal: null, orphaned: false, spoiled: false, end: null, abandoned: false, result, settle }
    this.processes.push(process)
    if (process.makes === null) this.alive++
    return process
  }

  #gone (process: Process): void {
    process.stage = 'gone'
    if (process.makes !== null) return
    this.alive--
    if (process.abandoned) this.abandoned--
  }
}
