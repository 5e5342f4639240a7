import { readFileSync, readlinkSync } from 'node:fs'
import { identify } from '../launcher/process-identity.ts'
import type { KeptChild } from '../spawning/launcher.ts'
import type { Note } from './note.ts'

/** A living process, as far as it can be told from others. */
export interface Found {
  /** In clock ticks since the system started. */
  startTime: string
  executable: string
  args: string[]
  /** It is the child of a launcher that keeps its children; false too where its parent does not show itself, which no launcher of ours does. */
  kept: boolean
}

/** Looks at a process; `null`: there is none, or it does not show itself. */
export type Look = (pid: number) => Found | null

/** Linux, for processes of our own user. */
export const procLook: Look = pid => {
  try {
    // Where the file was replaced since, as by an upgrade, the system adds a word.
    const executable = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '')
    const args = argumentsOf(pid)
    const startTime = identify(pid)?.startTime ?? null
    return startTime === null ? null : { startTime, executable, args, kept: isKept(pid) }
  } catch {
    return null
  }
}

/** The parent is somebody else's matter: it may belong to another user, be hidden, or end between two looks. That says nothing of the process itself. */
function isKept (pid: number): boolean {
  try {
    return argumentsOf(parentOf(pid)).includes('--keep')
  } catch {
    return false
  }
}

const argumentsOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')

function parentOf (pid: number): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

const isSame = (child: KeptChild, { pid, startTime }: Pick<Note, 'pid' | 'startTime'>) => child.pid === pid && child.startTime === startTime

/** Whether the launcher has the end of the session's process to tell, or is about to: it is gone and not collected yet. */
export function hasEnded (note: Note, child: KeptChild, look: Look): boolean {
  return child.ended || (note.startTime !== null && isSame(child, note) && look(child.pid) === null)
}

/**
 * Why a process is not proven to be the one that the note is about, in words; `null`: it is.
 * @param child what its launcher says of it; null: the launcher is gone
 */
export function doubt ({ id, pid, startTime, executable }: Note, child: KeptChild | null, look: Look): string | null {
  if (pid === null || startTime === null || executable === null) return 'it was not noted who its process is'
  if (child !== null && !isSame(child, { pid, startTime })) return 'its launcher has another process by its name'
  const found = look(pid)
  if (found === null) return 'its process is gone'
  if (found.startTime !== startTime) return 'another process has its pid by now'
  if (found.executable !== executable) return `its process runs ${found.executable}, not ${executable}`
  if (!found.args.includes(id)) return 'its process does not know its secret'
  // One whose launcher is gone has another parent.
  return child === null && found.kept ? 'another launcher has its process' : null
}
