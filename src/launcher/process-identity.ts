import { readFileSync, readdirSync } from 'node:fs'
import type { ProcessIdentity } from '../spawning/launcher.ts'

/** Who a living process is, or `null` when there is none. Without `/proc` (macOS) the start time stays unknown. */
export function identify (pid: number): ProcessIdentity | null {
  const stat = readStat(pid)
  if (stat !== undefined) return stat.state === 'Z' || stat.state === 'X' ? null : { pid, startTime: stat.startTime }
  return hasProc || !answersSignals(pid) ? null : { pid, startTime: null }
}

/**
 * Whether this very process still runs: the same pid with the same start time. A zombie does not run: its sockets are closed, and in a
 * container without an init nobody may ever collect it.
 */
export function isRunning (identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime
}

/**
 * Kills the process group that `leader` leads, if `leader` is still that very process. Without `/proc` it cannot be proven; there the
 * pid alone must do, which is sound only because callers come within moments of the launcher's death.
 */
export function killGroup (leader: ProcessIdentity): void {
  if (isRunning(leader)) signalGroup(leader.pid, 'SIGKILL')
}

/** Signals a whole process group. A group that is gone is nothing. */
export function signalGroup (pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // ESRCH: nobody is left. EPERM: only members with another user are left, and these are not ours to end.
  }
}

/**
 * Processes whose command line ends with exactly one of these lists of arguments: the way back to children whose `started` was never
 * heard. The caller sees to it that each list is unique to its child. Without `/proc`: none.
 */
export function findByArguments (lists: readonly string[][]): ProcessIdentity[] {
  if (!hasProc || lists.length === 0) return []
  const endings = lists.map(args => `\0${args.join('\0')}\0`)
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(name => {
      const commandLine = readText(`/proc/${name}/cmdline`)
      return commandLine !== undefined && endings.some(ending => commandLine.endsWith(ending))
    })
    .map(name => identify(Number(name)))
    .filter(identity => identity !== null)
}

const hasProc = readStat(process.pid) !== undefined

/** The name, field 2, stands in parentheses and may itself hold blanks and parentheses: fields are counted from the last one. */
function readStat (pid: number): { state: string, startTime: string } | undefined {
  const text = readText(`/proc/${pid}/stat`)
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = fields?.[0]
  const startTime = fields?.[19]
  return state === undefined || startTime === undefined ? undefined : { state, startTime }
}

function readText (path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function answersSignals (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
