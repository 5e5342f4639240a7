import type { Clock } from '../clock.ts'
import type { ChildExit, ChildOutput, Launcher } from './launcher.ts'

export interface SingleFilesOptions {
  launcher: Launcher
  /** What makes a file: a program, the arguments before the model's name and those after it. */
  program: { executable: string, leading: readonly string[], trailing: readonly string[], env: Record<string, string> }
  /** Whether nothing more may be begun. */
  draining: () => boolean
  newId: () => string
  clock: Clock
}

export type SingleFileAnswer =
  /** `pack` is the folder of the prepared model, a name of 40 hexadecimal digits that stands for its content. */
  | { status: 'made', pack: string, bytes: number }
  /** It takes longer; ask again. */
  | { status: 'making', percent: number, step: string }
  /** `message` is a sentence for people. */
  | { status: 'refused', code: 'unknown_model' | 'bad_model', message: string }
  /** Others are being made. */
  | { status: 'busy' }
  /** The service runs empty: what was begun is made, and nothing else. */
  | { status: 'draining' }
  | { status: 'failed', why: string }

/** Programs at a time: each may take as much memory as a preparation. */
const mostAtOnce = 2
/** Milliseconds that an answer is waited for. */
export const waitTime = 2_000
/** Milliseconds without anybody asking after which a file is given up, or forgotten that was made. */
export const patience = 15_000
/** Milliseconds that a program may take in all: the time of a preparation, and some for waiting for another's. */
export const longest = 400_000
const killStep = 5_000

interface Job {
  id: string
  percent: number
  step: string
  /** Set when it is over. */
  outcome?: SingleFileAnswer
  lookers: Set<() => void>
  cancels: Map<'limit' | 'patience' | 'kill', () => void>
}

/**
 * Models as single files, each made by a program that the launcher starts, on demand and within limits. The service itself reads no model: the program tells
 * which pack the file stands in.
 */
export class SingleFiles {
  readonly #options: SingleFilesOptions
  readonly #jobs = new Map<string, Job>()
  #closed = false

  constructor (options: SingleFilesOptions) {
    this.#options = options
    options.launcher.on('exited', this.#exited)
    options.launcher.on('output', this.#output)
  }

  /** Whether asking for this model would start a program. */
  starts (model: string): boolean {
    return !this.#jobs.has(model)
  }

  /** Asks for the file of a model; whoever asks for the same is answered the same. Answers after 2 s at most. */
  async ask (model: string): Promise<SingleFileAnswer> {
    const begun = this.#jobs.get(model)
    if (begun === undefined && this.#options.draining()) return { status: 'draining' }
    const job = begun ?? this.#begin(model)
    if (job === null) return { status: 'busy' }
    this.#expect(model, job)
    if (job.outcome === undefined) await this.#wait(job)
    if (job.outcome === undefined) return { status: 'making', percent: job.percent, step: job.step }
    // It has been told; the next one to ask is told what is so then.
    this.#forget(model, job)
    return job.outcome
  }

  /** Ends every program. The launcher kills what does not obey. */
  close (): void {
    this.#closed = true
    this.#options.launcher.off('exited', this.#exited).off('output', this.#output)
    for (const [model, job] of this.#jobs) {
      if (job.outcome === undefined) this.#options.launcher.signal(job.id, 'SIGKILL')
      this.#end(job, { status: 'failed', why: 'the service ends' })
      this.#forget(model, job)
    }
  }

  #begin (model: string): Job | null {
    const { launcher, program, newId, clock } = this.#options
    const running = [...this.#jobs.values()].filter(({ outcome }) => outcome === undefined)
    if (this.#closed || running.length >= mostAtOnce) return null
    const job: Job = { id: newId(), percent: 0, step: 'Looking for the model', lookers: new Set(), cancels: new Map() }
    this.#jobs.set(model, job)
    job.cancels.set('limit', clock.after(longest, () => { launcher.signal(job.id, 'SIGKILL') }))
    const order = { id: job.id, executable: program.executable, args: [...program.leading, model, ...program.trailing], env: program.env, logFile: null, logBytes: 0, tellOutput: { stdout: true, stderr: false } }
    void launcher.start(order).then(result => { if (result.status === 'failed') this.#end(job, { status: 'failed', why: result.message }) })
    return job
  }

  /** Somebody is interested, from now on for a while. */
  #expect (model: string, job: Job): void {
    const { launcher, clock } = this.#options
    job.cancels.get('patience')?.()
    job.cancels.set('patience', clock.after(patience, () => {
      if (job.outcome !== undefined) return this.#forget(model, job)
      launcher.signal(job.id, 'SIGTERM')
      job.cancels.set('kill', clock.after(killStep, () => { launcher.signal(job.id, 'SIGKILL') }))
    }))
  }

  async #wait (job: Job): Promise<void> {
    await new Promise<void>(resolve => {
      const over = (): void => {
        cancel()
        job.lookers.delete(over)
        resolve()
      }
      const cancel = this.#options.clock.after(waitTime, over)
      job.lookers.add(over)
    })
  }

  #end (job: Job, outcome: SingleFileAnswer): void {
    job.outcome ??= outcome
    job.cancels.get('limit')?.()
    job.cancels.get('kill')?.()
    for (const look of [...job.lookers]) look()
  }

  #forget (model: string, job: Job): void {
    for (const cancel of job.cancels.values()) cancel()
    if (this.#jobs.get(model) === job) this.#jobs.delete(model)
  }

  readonly #output = ({ id, lines }: ChildOutput): void => {
    const job = [...this.#jobs.values()].find(each => each.id === id)
    if (job === undefined) return
    for (const line of lines) {
      const { percent, step } = parse(line)
      if (typeof percent === 'number' && typeof step === 'string') Object.assign(job, { percent, step })
    }
  }

  readonly #exited = ({ id, code, signal, outputTail }: ChildExit): void => {
    const found = [...this.#jobs].find(([, each]) => each.id === id)
    if (found === undefined) return
    const [model, job] = found
    const { made, bytes, refused, message } = outputTail.split('\n').map(parse).find(line => 'made' in line || 'refused' in line) ?? {}
    if (code === 0 && typeof made === 'string' && /^[0-9a-f]{40}$/.test(made) && typeof bytes === 'number') this.#end(job, { status: 'made', pack: made, bytes })
    else if ((refused === 'unknown_model' || refused === 'bad_model') && typeof message === 'string') this.#end(job, { status: 'refused', code: refused, message })
    else this.#end(job, { status: 'failed', why: `it ended with ${signal ?? `code ${code}`}: ${outputTail.trim().slice(-500)}` })
    // Nobody may have asked for a while.
    this.#expect(model, job)
  }
}

function parse (line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
  } catch {
    return {}
  }
}
