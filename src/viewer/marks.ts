import type { MarkMessage } from '../stream-server/protocol.ts'
import { runsOf } from './runs.ts'

/** What a server has to be told that knows instances to be marked as they were `before`. */
export function marksBetween (what: MarkMessage['what'], before: ReadonlySet<number>, now: ReadonlySet<number>): MarkMessage[] {
  return ([[false, now, before], [true, before, now]] as const).flatMap(([on, from, to]) =>
    runsOf([...to].filter(instance => !from.has(instance))).map(runs => ({ type: 'mark', what, runs, on })))
}

/** The same for a server of which nobody knows what it knows. */
export function allMarks (what: MarkMessage['what'], now: ReadonlySet<number>): MarkMessage[] {
  return [{ type: 'mark', what, runs: [0, 2 ** 31], on: false }, ...marksBetween(what, new Set(), now)]
}
