import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Clock } from '../../clock.ts'

export interface PreparationOrder {
  /** Path of the bundled `prepare.mjs`. */
  program: string
  /** Model file. */
  input: string
  /** Folder to write; it must not exist yet. */
  output: string
  clock: Clock
  timeoutMs: number
  /** Ends the preparation when it is no longer wanted. */
  signal: AbortSignal
  progress: (percent: number, step: string) => void
}

export type PreparationResult =
  | { status: 'prepared' }
  /** The model's fault; one sentence for its owner. */
  | { status: 'unreadable', message: string }
  | { status: 'aborted' }

const memoryMiB = 4096

/** Runs the preparation of one model in a process of its own. Rejects only when that process cannot be started. */
export async function runPreparation ({ program, input, output, clock, timeoutMs, signal, progress }: PreparationOrder): Promise<PreparationResult> {
  if (signal.aborted) return { status: 'aborted' }
  const child = spawn(process.execPath, [`--max-old-space-size=${memoryMiB}`, program, input, output], { stdio: ['ignore', 'pipe', 'ignore'], env: {} })
  const kill = () => { child.kill('SIGKILL') }
  let late = false
  let unreadable: string | null = null
  const cancel = clock.after(timeoutMs, () => { late = true; kill() })
  signal.addEventListener('abort', kill)
  createInterface({ input: child.stdout }).on('line', line => {
    const said = parse(line)
    if (said.unreadable !== undefined) unreadable = said.unreadable
    else if (said.percent !== undefined && said.step !== undefined) progress(said.percent, said.step)
  })
  try {
    const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
    if (code === 0) return { status: 'prepared' }
    if (signal.aborted) return { status: 'aborted' }
    if (late) return { status: 'unreadable', message: `The model took longer than ${timeoutMs / 1000} s to prepare.` }
    return { status: 'unreadable', message: unreadable ?? 'The model is broken or too large: its preparation ended unexpectedly.' }
  } finally {
    cancel()
    signal.removeEventListener('abort', kill)
  }
}

function parse (line: string): { percent?: number, step?: string, unreadable?: string } {
  try {
    return JSON.parse(line) as ReturnType<typeof parse>
  } catch {
    return {}
  }
}
