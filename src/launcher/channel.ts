import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../clock.ts'
import { MessageReader, isAnswer } from './protocol.ts'
import type { Answer } from './protocol.ts'

/** Milliseconds that the last answers may take to arrive after the launcher process has ended. */
const LAST_ANSWERS_MILLISECONDS = 1000

/** How to run a launcher's program: an executable and its arguments. */
export type LauncherCommand = readonly [executable: string, ...args: string[]]

/** One running launcher process and the two pipes to it. Neither promise rejects. */
export interface Channel {
  /** `true` when the process runs and reads orders, `false` when it ended before that. */
  readonly ready: Promise<boolean>
  /** The process is gone and all it had to say was heard; the words say why it ended. */
  readonly ended: Promise<string>
  /** Writes one encoded order; after the end it is nothing. Orders written before `ready` are obeyed too. */
  write: (line: string) => void
  /** Kills the launcher process itself, not its children. */
  kill: () => void
  /** Parts from it; whether it then ends is its own business. */
  leave: () => void
}

/**
 * Starts a launcher process in a session of its own, so that Ctrl-C on the service does not reach it; its stderr is the service's.
 * Every answer but `ready` goes to `answered`.
 *
 * The end is told only when the answers have ended too. A child that was just being forked still holds that pipe until its program
 * runs, so from then on every child there is can be seen.
 */
export function openChannel ([executable, ...args]: LauncherCommand, clock: Clock, answered: (answer: Answer) => void): Channel {
  try {
    const launcher = spawn(executable, args, { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'] })
    return connect(launcher, clock, answered)
  } catch (error) {
    const cause = `it could not be started: ${String(error)}`
    return { ready: Promise.resolve(false), ended: Promise.resolve(cause), write: () => {}, kill: () => {}, leave: () => {} }
  }
}

/** How a launcher process ended, in words. */
export const endWords = (code: number | null, signal: NodeJS.Signals | null): string => signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`

function connect (launcher: ChildProcess, clock: Clock, answered: (answer: Answer) => void): Channel {
  // Without descriptors left there is not even a list of them.
  const orders = launcher.stdio?.[3] as Writable | null | undefined
  const answers = launcher.stdio?.[4] as Readable | null | undefined
  const reader = new MessageReader(isAnswer)
  const kill = () => { launcher.kill('SIGKILL') }

  let cause: string | undefined
  let confused = false
  const exited = new Promise<void>(resolve => {
    launcher.once('exit', (code, signal) => {
      cause ??= endWords(code, signal)
      resolve()
    })
    launcher.once('error', error => {
      if (launcher.pid !== undefined) return
      cause ??= `it could not be started: ${error.message}`
      answers?.destroy()
      resolve()
    })
  })
  const drained = new Promise<void>(resolve => { answers?.once('close', resolve) ?? resolve() })
  const ended = exited.then(async () => {
    const cancel = clock.after(LAST_ANSWERS_MILLISECONDS, () => { answers?.destroy() })
    await drained
    cancel()
    orders?.destroy()
    return cause ?? 'it ended'
  })

  const ready = new Promise<boolean>(resolve => {
    drained.then(() => { resolve(false) })
    answers?.on('data', (chunk: Buffer) => {
      for (const answer of understand(chunk)) {
        if (answer.type === 'ready') resolve(true)
        else answered(answer)
      }
    })
  })
  function understand (chunk: Buffer): Answer[] {
    try {
      return confused ? [] : reader.push(chunk)
    } catch (error) {
      confused = true
      cause ??= `it could not be understood: ${String(error)}`
      kill()
      return []
    }
  }
  orders?.on('error', () => {})
  answers?.on('error', () => {})

  return { ready, ended, kill, leave: () => { orders?.end() }, write: line => { if (orders?.writable === true) orders.write(line) } }
}
