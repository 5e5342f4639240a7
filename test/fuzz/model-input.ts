import { readModel } from '../../src/stream-server/preparing/read-model.ts'
import { settled } from '../../src/stream-server/preparing/settled.ts'
import { Source } from '../../src/stream-server/preparing/source.ts'
import { UnreadableModel } from '../../src/stream-server/preparing/unreadable.ts'

/** How reading an input ended, whether it got past what looks whether it is one of its kind at all, and what is wrong with how it ended; null: nothing. */
export interface Ending { end: 'read' | 'refused', pastFirst: boolean, problem: string | null }

/** Reads a model file: it must end with sound numbers, or in one sentence for its owner. */
export async function problemOf (path: string): Promise<Omit<Ending, 'pastFirst'>> {
  try {
    const { parts, instances } = settled(await readModel(await Source.open(path)))
    const sound = parts.every(({ mesh }) => mesh.positions.every(Number.isFinite) && (mesh.uvs ?? []).every(Number.isFinite)) && instances.every(({ matrix }) => matrix.every(Number.isFinite))
    return { end: 'read', problem: sound ? null : 'what is not a number was let through' }
  } catch (error) {
    const said = error instanceof UnreadableModel && /^[A-Z].{5,500}\.$/s.test(error.message)
    return { end: 'refused', problem: said ? null : (error as Error).stack ?? String(error) }
  }
}
