import { createHash } from 'node:crypto'
import Type, { type Static } from 'typebox'
import { transitionSchema, type Transition } from '../history/transition.ts'
import { reasons, type Reason } from '../sessions/reasons.ts'
import type { SessionView } from '../sessions/session.ts'
import { blamesModel, endingName, endingWords } from './ending.ts'
import { lastWords } from './last-words.ts'
import type { MemoryPoint } from './memory-curve.ts'

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** A crash in short. */
export const crashSchema = Type.Object({
  /** The session's. */
  id: Type.String(),
  at: Type.String(),
  model: nullable(Type.String()),
  renderer: Type.Enum(['csr', 'ssr']),
  reason: Type.Enum(Object.keys(reasons) as [Reason, ...Reason[]]),
  exitCode: nullable(Type.Integer()),
  signal: nullable(Type.String()),
  /** How it ended, in words. */
  words: Type.String(),
  /** The same for crashes of one model with one ending and the same last words. */
  group: Type.String(),
  /** Whether it counts against the model. */
  counts: Type.Boolean()
})

/** All that is known of a crash. */
export const dossierSchema = Type.Intersect([crashSchema, Type.Object({
  /** As it was started, without secrets; empty where that is not known. */
  command: Type.Array(Type.String()),
  output: Type.String(),
  timeline: Type.Array(transitionSchema),
  /** Resident bytes of the process, as seen now and then. */
  memory: Type.Array(Type.Object({ at: Type.String(), bytes: Type.Integer() }))
})])

export type Dossier = Static<typeof dossierSchema>

export interface Evidence {
  command: readonly string[]
  timeline: readonly Transition[]
  memory: readonly MemoryPoint[]
}

/** The dossier of a session that has crashed. */
export function dossierOf (session: SessionView, { command, timeline, memory }: Evidence): Dossier {
  const exit = session.exit ?? { code: null, signal: null, outputTail: '' }
  const { id, model, renderer, reason, endedAt } = session
  return {
    id,
    at: iso(endedAt ?? 0),
    model,
    renderer,
    reason: reason ?? 'crashed',
    exitCode: exit.code,
    signal: exit.signal,
    words: endingWords(exit),
    group: createHash('sha256').update(JSON.stringify([model, endingName(exit), lastWords(exit.outputTail)])).digest('hex').slice(0, 12),
    counts: blamesModel(session),
    command: [...command],
    output: exit.outputTail,
    timeline: [...timeline],
    memory: memory.map(({ at, bytes }) => ({ at: iso(at), bytes }))
  }
}

const iso = (milliseconds: number) => new Date(milliseconds).toISOString()
