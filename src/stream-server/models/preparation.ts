import { spawn } from 'node:child_process'
import { totalmem } from 'node:os'
import { createInterface } from 'node:readline'
import type { Clock } from '../../clock.ts'
import type { Sources } from './fingerprint.ts'

export interface PreparationOrder {
  /** Path of the bundled `prepare.mjs`. */
  program: string
  /** Model file. */
  input: string
  /** Folder to write; it must not exist yet. */
  output: string
  clock: Clock
  timeoutMs: number
  /** Resident memory above which the process ends itself. */
  memoryMiB: number
  /** Ends the preparation when it is no longer wanted. */
  signal: AbortSignal
  progress: (percent: number, step: string) => void
}

export type PreparationResult =
  | { status: 'prepared', sources: Sources, warnings: string[] }
  /** The model's fault; one sentence for its owner. `output` is what the process said last, for the log. */
  | { status: 'unreadable', message: string, output: string }
  | { status: 'aborted' }

/** What a preparation may take of this machine's memory. */
export const usualMemoryMiB = Math.round(Math.min(4096, totalmem() / 2 ** 20 * 0.6))

/** What a preparation may take, in milliseconds. */
export const usualTimeoutMs = 180_000

const mostOutput = 2000

/** One line that the preparation says on stdout. */
export interface Said {
  percent?: number
  step?: string
  unreadable?: string
  made?: Sources
  warnings?: string[]
}

/** Runs the preparation of one model in a process of its own, which ends with this one. Rejects only when that process cannot be started. */
export async function runPreparation ({ program, input, output, clock, timeoutMs, memoryMiB, signal, progress }: PreparationOrder): Promise<PreparationResult> {
  if (signal.aborted) return { status: 'aborted' }
  const heapMiB = Math.max(64, Math.round(memoryMiB * 0.75))
  const child = spawn(process.execPath, [`--max-old-space-size=${heapMiB}`, program, input, output, String(memoryMiB)], { stdio: 'pipe', env: {} })
  const kill = () => { child.kill('SIGKILL') }
  let late = false
  let said: Said = {}
  let tail = ''
  const cancel = clock.after(timeoutMs, () => { late = true; kill() })
  signal.addEventListener('abort', kill)
  child.stdin.on('error', () => {})
  child.stderr.on('data', bytes => { tail = (tail + String(bytes)).slice(-mostOutput) })
  createInterface({ input: child.stdout }).on('line', line => {
    const { percent, step, ...rest } = parse(line)
    said = { ...said, ...rest }
    if (percent !== undefined && step !== undefined) progress(percent, step)
  })
  try {
    const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
    if (code === 0 && said.made) return { status: 'prepared', sources: said.made, warnings: said.warnings ?? [] }
    if (signal.aborted) return { status: 'aborted' }
    return { status: 'unreadable', message: late ? `The model took longer than ${timeoutMs / 1000} s to prepare.` : said.unreadable ?? lastWords(tail, memoryMiB), output: tail.trim() }
  } finally {
    cancel()
    signal.removeEventListener('abort', kill)
  }
}

/** A sentence for a process that ended without one. */
function lastWords (tail: string, memoryMiB: number): string {
  if (/out of memory|Array buffer allocation failed|Invalid (typed )?array length/i.test(tail)) return `The model needs more memory than its preparation may have, which is ${memoryMiB} MiB.`
  const [, error] = /^(?:Uncaught )?(\w*Error: .{1,200})$/m.exec(tail) ?? []
  return `The model is broken or too large: its preparation ended unexpectedly${error === undefined ? '' : ` (${error})`}.`
}

function parse (line: string): Said {
  try {
    return JSON.parse(line) as Said
  } catch {
    return {}
  }
}
