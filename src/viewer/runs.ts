import { mostRunNumbers } from '../stream-server/protocol.ts'
import type { Runs } from '../stream-server/protocol.ts'

/** Instances, in any order and each once, as lists of runs that are short enough for a message each. */
export function runsOf (instances: Iterable<number>): Runs[] {
  const lists: Runs[] = []
  let list: Runs = []
  let end = NaN
  for (const instance of [...instances].sort((a, b) => a - b)) {
    if (instance === end) list[list.length - 1]!++
    else {
      if (list.length === 0 || list.length === mostRunNumbers) lists.push(list = [])
      list.push(instance, 1)
    }
    end = instance + 1
  }
  return lists
}
