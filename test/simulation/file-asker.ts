import { patience, waitTime } from '../../src/spawning/single-files.ts'
import type { Moment } from './ledger.ts'
import type { Process } from './simulated-launcher.ts'
import type { World } from './world.ts'

/** Programs that make single files at a time. Written down here once more, as is how long one has that is told to end. */
const mostAtOnce = 2
const killStep = 5_000
/** After the process stood still, a timer waits a second for what was said meanwhile. */
const grace = 1_000

/** Asks for single files, and sees to it that what is answered and done is right. */
export class FileAsker {
  readonly #world: World
  /** Those that wait for an answer, since when. */
  readonly #waiting = new Set<Moment>()
  /** When each model was asked for last. */
  readonly #asked = new Map<string, Moment>()
  /** Whether as many were made as may be when it was looked last. */
  #wasBusy = false
  #fault: string | undefined

  constructor (world: World) {
    this.#world = world
  }

  ask (model: string): void {
    const { singleFiles, launcher, ledger } = this.#world
    const starts = singleFiles.starts(model)
    const { draining } = ledger
    const busy = this.#wasBusy || this.#running.length >= mostAtOnce
    const ordered = launcher.processes.length
    const since = ledger.moment
    this.#waiting.add(since)
    this.#asked.set(model, since)
    void singleFiles.ask(model).then(({ status }) => {
      if (!this.#waiting.delete(since)) return
      if (status === 'draining' && !(starts && draining)) this.#fault = `the single file of ${model} was refused for a drain that is none`
      if (status === 'busy' && !(starts && busy)) this.#fault = `the single file of ${model} was refused for others that are not made`
    })
    if (draining && launcher.processes.length > ordered) this.#fault = `a single file of ${model} was begun after the drain`
  }

  /** The service is gone: nobody is answered any more. */
  cut (): void {
    this.#waiting.clear()
  }

  get unanswered (): number { return this.#waiting.size }

  /** What is not as it should be, between any two events. */
  get broken (): string | undefined {
    const { clock, launcher } = this.#world
    const running = this.#running
    this.#wasBusy = running.length >= mostAtOnce
    if (this.#fault !== undefined) return this.#fault
    if (running.length > mostAtOnce) return `${running.length} single files are made at a time`
    if (new Set(running.map(({ makes }) => makes)).size < running.length) return 'a single file is made twice at a time'
    if (clock.late) return undefined
    for (const since of this.#waiting) if (this.#waited(since) > waitTime) return `somebody waits for a single file for ${clock.awake - since.awake} ms`
    // Signals get lost while there is no launcher.
    if (launcher.deaths > 0) return undefined
    const forgotten = running.find(({ makes, signal }) => signal !== 'SIGKILL' && this.#waited(this.#asked.get(makes ?? '')) > patience + killStep)
    return forgotten === undefined ? undefined : `a single file of ${forgotten.makes} is made that nobody has asked for in a while`
  }

  get #running (): Process[] {
    return this.#world.launcher.processes.filter(({ makes, stage, abandoned }) => makes !== null && stage !== 'gone' && !abandoned)
  }

  /** Milliseconds in which timers ran, but for what they may be late. */
  #waited (since: Moment | undefined): number {
    const { clock } = this.#world
    return since === undefined ? 0 : clock.awake - since.awake - grace * (clock.jumps - since.jumps)
  }
}
