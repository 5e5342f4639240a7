import { run, type Run } from './run.ts'
import type { Move } from './schedule.ts'
import type { Parts } from './world.ts'

/** Words without names and numbers: the same fault, whoever it befalls. */
const kindOf = (broken: string | null) => broken?.replace(/\d+/g, '#')

/** Leaves out of a failing run what it does not need: large pieces first, then single moves. The answer fails the same way. */
export async function shrink (failing: Run, parts?: Parts): Promise<Run> {
  const given = parts === undefined ? {} : { parts }
  let best = failing
  for (let size = Math.max(1, failing.moves.length >> 1); size >= 1; size = size === 1 ? 0 : size >> 1) {
    for (let start = 0; start < best.moves.length;) {
      const moves: Move[] = [...best.moves.slice(0, start), ...best.moves.slice(start + size)]
      const shorter = await run(failing.seed, { ...given, moves })
      if (kindOf(shorter.broken) === kindOf(failing.broken)) best = shorter
      else start += size
    }
  }
  return best
}
