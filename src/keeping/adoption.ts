import type { KeptLauncher } from '../spawning/launcher.ts'
import type { Spawner } from '../spawning/spawner.ts'
import type { Note } from './note.ts'
import { doubt, type Look } from './proof.ts'

/** What became of the sessions of the service before; by their ids. */
export interface Adoption {
  /** They go on, or were ended since they were not ready. */
  adopted: string[]
  /** Their process has ended meanwhile; its end is told now. */
  ended: string[]
  /** They ended with no process that could be proven to be theirs; and why, in words. */
  lost: Array<{ id: string, pid: number | null, why: string }>
  /** Processes of the launcher of which it was not noted who they are; they are killed. */
  unknown: string[]
}

/**
 * Takes over what a service before has left: every session it noted is in the table afterwards, alive or ended. A process that is not proven is neither adopted
 * nor signalled; those that were not noted (a program that makes a single file, a stream server that was not ready) are the launcher's own children, and are killed by it.
 */
export function adopt (notes: readonly Note[], launcher: Pick<KeptLauncher, 'kept' | 'resume' | 'signal'>, spawner: Pick<Spawner, 'adopt'>, look: Look): Adoption {
  const result: Adoption = { adopted: [], ended: [], lost: [], unknown: [] }
  const children = new Map(launcher.kept.map(child => [child.id, child]))
  for (const note of notes) {
    const { id, pid, executable } = note
    const child = children.get(id)
    const why = child === undefined ? 'its launcher is gone, or knows nothing of it' : child.ended ? null : doubt(note, child, look)
    // Where it was not, it was just being started.
    if (executable !== null) children.delete(id)
    spawner.adopt(note, why !== null ? 'gone' : child?.ended === true ? 'ended' : 'lives')
    if (why !== null) result.lost.push({ id, pid, why })
    else if (child?.ended === true) result.ended.push(id)
    else result.adopted.push(id)
  }
  for (const { id, ended } of children.values()) {
    if (ended) continue
    launcher.signal(id, 'SIGKILL')
    result.unknown.push(id)
  }
  launcher.resume()
  return result
}
