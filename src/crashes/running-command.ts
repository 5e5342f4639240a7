import { readFileSync } from 'node:fs'

/** What a running process was started with, the program first, as the system tells; empty where it does not, or the process is gone. */
export function runningCommand (pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  } catch {
    return []
  }
}
