import type { KeptLauncher, ProcessIdentity } from '../spawning/launcher.ts'
import type { Spawner } from '../spawning/spawner.ts'
import type { Note } from './note.ts'
import { doubt, hasEnded, type Look } from './proof.ts'

/** What became of the sessions of the service before; by their ids. */
export interface Adoption {
  /** They go on, or were ended since they were not ready. */
  adopted: string[]
  /** Their process has ended meanwhile; its end is told now. */
  ended: string[]
  /** They ended; and why, in words. */
  lost: Array<{ id: string, pid: number | null, why: string }>
  /** Processes of the launcher of which it was not noted who they are; they are killed. */
  unknown: string[]
}

/**
 * Takes over what a service before has left: every session it noted is in the table afterwards, alive or ended. A process that is not proven is neither adopted
 * nor signalled. One that is proven and has lost its launcher is killed, as whenever a launcher dies; those that were not noted (a program that makes a single file, a stream server that was not ready) are the launcher's own children, and are killed by it.
 */
export function adopt (notes: readonly Note[], launcher: Pick<KeptLauncher, 'kept' | 'resume' | 'signal'>, spawner: Pick<Spawner, 'adopt'>, look: Look, kill: (orphan: ProcessIdentity) => void): Adoption {
  const result: Adoption = { adopted: [], ended: [], lost: [], unknown: [] }
  const children = new Map(launcher.kept.map(child => [child.id, child]))
  for (const note of notes) {
    const { id, pid, startTime, executable } = note
    const child = children.get(id)
    const ended = child !== undefined && hasEnded(note, child, look)
    const why = ended ? null : doubt(note, child ?? null, look)
    const orphaned = child === undefined && why === null
    // Where it was not, it was just being started.
    if (executable !== null) children.delete(id)
    if (orphaned && pid !== null) kill({ pid, startTime })
    spawner.adopt(note, orphaned ? 'orphaned' : why !== null ? 'gone' : ended ? 'ended' : 'lives')
    if (child === undefined) result.lost.push({ id, pid, why: `its launcher is gone, or knows nothing of it${orphaned ? '; its process is ended' : `: ${why}`}` })
    else if (why !== null) result.lost.push({ id, pid, why })
    else if (ended) result.ended.push(id)
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
