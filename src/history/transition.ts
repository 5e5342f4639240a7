import Type, { type Static } from 'typebox'
import { actors, type Actor } from '../sessions/actors.ts'
import { reasons, type Reason } from '../sessions/reasons.ts'
import type { SessionView } from '../sessions/session.ts'
import { states, type State } from '../sessions/transitions.ts'

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const state = Type.Enum(states as [State, ...State[]])

/** One step of a session as it is kept, answered and written: time is ISO 8601, what is not known is null. No secret is in it. */
export const transitionSchema = Type.Object({
  at: Type.String(),
  /** Null: it came. */
  from: nullable(state),
  to: state,
  by: Type.Enum(Object.keys(actors) as [Actor, ...Actor[]]),
  reason: nullable(Type.Enum(Object.keys(reasons) as [Reason, ...Reason[]])),
  renderer: Type.Enum(['csr', 'ssr']),
  model: nullable(Type.String()),
  via: nullable(Type.Enum(['rest', 'proxy'])),
  port: nullable(Type.Integer()),
  pid: nullable(Type.Integer()),
  exitCode: nullable(Type.Integer()),
  signal: nullable(Type.String())
})

export type Transition = Static<typeof transitionSchema>

/** @param at milliseconds since the epoch */
export function transitionOf ({ state: to, reason, renderer, model, via, port, pid, exit }: SessionView, from: State | null, by: Actor, at: number): Transition {
  return { at: new Date(at).toISOString(), from, to, by, reason, renderer, model, via, port, pid, exitCode: exit?.code ?? null, signal: exit?.signal ?? null }
}
