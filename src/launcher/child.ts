import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import type { Clock } from '../clock.ts'
import type { ProcessIdentity, StartOrder } from '../spawning/launcher.ts'
import { LogFile } from './log-file.ts'
import { OutputLines } from './output-lines.ts'
import { OutputTail } from './output-tail.ts'
import { identify, signalGroup } from './process-identity.ts'
import { isNoProgram } from './program-file.ts'
import type { Answer } from './protocol.ts'
import { Redaction } from './redaction.ts'

/** Descriptors that a start takes for a moment, and a few more. */
const START_DESCRIPTORS = 8

/** Milliseconds that a child's last output may take to arrive after its exit; a process that left the group may hold the pipes for ever. */
const DRAIN_MILLISECONDS = 250

export interface Surroundings {
  clock: Clock
  tell: (answer: Answer) => void
  /** A log file that cannot be written. */
  logFailed: (path: string, error: NodeJS.ErrnoException) => void
}

/**
 * One stream server's process, from its start to the sweeping of its group. It leads a session and a process group of its own,
 * has exactly the ordered environment, reads nothing, and its output is always drained.
 */
export class Child {
  readonly #id: string
  readonly #around: Surroundings
  readonly #process: ChildProcess
  readonly #tail = new OutputTail()
  readonly #log: LogFile | null
  #pid: number | undefined
  #finished: () => void = () => {}

  /** Who its process is; null where it could not be started. */
  readonly identity: ProcessIdentity | null
  /** Resolves when everything about this child is told and written: after `failed`, or after `exited` and the end of its log. */
  readonly finished = new Promise<void>(resolve => { this.#finished = resolve })

  /** Runs the program and tells `started` at once, or `failed` a moment later. @throws Error when the order itself is refused. */
  constructor (order: StartOrder, around: Surroundings) {
    const { id, executable, args, env, logFile } = order
    this.#id = id
    this.#around = around
    this.#log = logFile === null ? null : new LogFile(logFile, order.logBytes, error => { around.logFailed(logFile, error) })
    // Node adds NODE_V8_COVERAGE of its own accord, unless the environment mentions it.
    const exactly = { NODE_V8_COVERAGE: undefined, ...env }
    this.#process = spawn(executable, args, { detached: true, env: exactly, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#pid = this.#process.pid
    for (const stream of ['stdout', 'stderr'] as const) {
      const redaction = new Redaction(order.secrets ?? [])
      const lines = order.tellOutput?.[stream] === true ? new OutputLines(around.clock, output => { around.tell({ type: 'output', id, stream, ...output }) }) : null
      const heard = (chunk: Buffer) => {
        if (chunk.length === 0) return
        this.#heard(chunk)
        lines?.add(chunk)
      }
      const output = this.#process[stream]
      output?.on('data', (chunk: Buffer) => { heard(redaction.pass(chunk)) }).on('error', () => {})
      // Before the process's own `close`, which tells the last words.
      output?.prependOnceListener('close', () => {
        heard(redaction.rest())
        lines?.end()
      })
    }
    this.#process.once('exit', (code, signal) => { this.#exited(code, signal) })
    this.identity = this.#pid === undefined ? null : { pid: this.#pid, startTime: identify(this.#pid)?.startTime ?? null }
    if (this.identity === null) this.#process.once('error', error => { this.#failed(error) })
    else around.tell({ type: 'started', id, ...this.identity })
  }

  /** Signals the whole group; after the exit it is nothing, since the pid may belong to somebody else by then. */
  signal (signal: NodeJS.Signals): void {
    if (this.#pid !== undefined) signalGroup(this.#pid, signal)
  }

  #heard (chunk: Buffer): void {
    this.#tail.add(chunk)
    this.#log?.write(chunk)
  }

  #failed ({ code = 'UNKNOWN', message }: NodeJS.ErrnoException): void {
    this.#around.tell({ type: 'failed', id: this.#id, code, message })
    this.#finished()
  }

  /** The group is swept first, while its number can belong to nobody else; that also closes the pipes that grandchildren hold. */
  #exited (code: number | null, signal: NodeJS.Signals | null): void {
    const pid = this.#pid
    if (pid === undefined) return
    this.#pid = undefined
    signalGroup(pid, 'SIGKILL')

    const cancel = this.#around.clock.after(DRAIN_MILLISECONDS, () => {
      this.#process.stdout?.destroy()
      this.#process.stderr?.destroy()
    })
    this.#process.once('close', () => {
      cancel()
      this.#around.tell({ type: 'exited', id: this.#id, pid, code, signal, outputTail: this.#tail.toString() })
      if (this.#log === null) this.#finished()
      else this.#log.end().then(this.#finished)
    })
  }
}

/** Starts a child, or tells `failed` and answers `null` where the order cannot even be tried. */
export function startChild (order: StartOrder, around: Surroundings): Child | null {
  const fail = (code: string, message: string) => {
    around.tell({ type: 'failed', id: order.id, code, message })
    return null
  }
  if (isNoProgram(order)) return fail('ENOEXEC', 'not a program')
  try {
    proveRoom()
    return new Child(order, around)
  } catch (error) {
    const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException
    return fail(code, message)
  }
}

/** Where a start runs out of descriptors half-way, Node (20 at least) keeps two of them for ever: such a start is not tried. @throws NodeJS.ErrnoException */
function proveRoom (): void {
  const held: number[] = []
  try {
    while (held.length < START_DESCRIPTORS) held.push(openSync(devNull, 'r'))
  } finally {
    for (const descriptor of held) closeSync(descriptor)
  }
}
