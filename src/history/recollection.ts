import { Value } from 'typebox/value'
import { readSealed } from './chain.ts'
import { filesOf } from './chained-file.ts'
import { linesOf } from './lines.ts'
import { transitionSchema, type Transition } from './transition.ts'

/**
 * What the files of a history tell of these sessions, each step by step, oldest first. Files are read from the newest on, as far back as some of them goes; records that are not whole are left out.
 *
 * @param path of the file that is written, as `ChainedFile` takes it
 * @throws NodeJS.ErrnoException when a file cannot be read
 */
export async function recollect (path: string, ids: readonly string[]): Promise<Map<string, Transition[]>> {
  const told = new Map(ids.map(id => [id, [] as Transition[]]))
  const wanted = new Set(ids)
  for (const file of wanted.size === 0 ? [] : await filesOf(path)) {
    for (const [id, steps] of stepsIn(file, wanted)) {
      told.get(id)?.unshift(...steps)
      if (steps[0]?.from === null && steps[0].to !== 'adopted') wanted.delete(id)
    }
    if (wanted.size === 0) break
  }
  return told
}

function stepsIn (file: string, ids: ReadonlySet<string>): Map<string, Transition[]> {
  const found = new Map<string, Transition[]>()
  for (const { text } of linesOf(file)) {
    const id = /"session":"([^"]{1,64})"/.exec(text)?.[1]
    if (id === undefined || !ids.has(id)) continue
    const reading = readSealed(text)
    if (reading.status !== 'record') continue
    const { event, session, ...step } = reading.entry
    if (event === 'session' && session === id && Value.Check(transitionSchema, step)) found.set(id, [...found.get(id) ?? [], step])
  }
  return found
}
