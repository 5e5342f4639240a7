import type { Spawner } from '../spawning/spawner.ts'
import type { Note } from './note.ts'
import type { Look } from './proof.ts'

/** Where notes are kept: the journal. */
export interface NoteKeeper {
  note (note: Note): void
  ended (id: string): void
  /** What was noted last of a session that has not ended. */
  noted (id: string): Note | undefined
}

/** Notes every session as it changes, with who its process is. */
export function takeNotes (spawner: Spawner, keeper: NoteKeeper, look: Look): void {
  const note = (id: string) => {
    const facts = spawner.note(id)
    if (facts === undefined) return
    const { pid, state } = facts
    const before = keeper.noted(id)
    // Until it says that it is ready a script may still become a program.
    const who = before?.executable != null ? before : pid === null || state === 'starting' ? null : look(pid)
    keeper.note({ ...facts, startTime: who?.startTime ?? null, executable: who?.executable ?? null })
  }
  spawner.on('launched', ({ id }) => { note(id) })
  spawner.on('named', ({ id }) => { note(id) })
  spawner.on('session', ({ id, endedAt }) => {
    if (endedAt === null) note(id)
    else keeper.ended(id)
  })
}
