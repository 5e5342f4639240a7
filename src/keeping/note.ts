import Type, { type Static } from 'typebox'
import { askableLimits, type AskableLimit } from '../sessions/asked-limits.ts'
import { reasons, type Reason } from '../sessions/reasons.ts'
import { states, type State } from '../sessions/transitions.ts'

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/**
 * What is written of a session for the service that comes next, and by what its process is known again. Its id is its secret: nobody can guess
 * it, and its stream server has it on its command line.
 */
export const noteSchema = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64 }),
  renderer: Type.Enum(['csr', 'ssr']),
  model: nullable(Type.String()),
  via: nullable(Type.Enum(['rest', 'proxy'])),
  /** Whose session it is, an address; null: nobody's. */
  caller: nullable(Type.String()),
  /** By which they come back to its seat; null: they do not. */
  token: nullable(Type.String()),
  state: Type.Enum(states as [State, ...State[]]),
  reason: nullable(Type.Enum(Object.keys(reasons) as [Reason, ...Reason[]])),
  port: nullable(Type.Integer({ minimum: 1, maximum: 65_535 })),
  pid: nullable(Type.Integer({ minimum: 1 })),
  /** Of the process, in clock ticks since the system started. */
  startTime: nullable(Type.String()),
  /** Path of what the process runs; both are null until it is ready. */
  executable: nullable(Type.String()),
  gpu: nullable(Type.Integer({ minimum: 0 })),
  /** Limits of its own in milliseconds. */
  ...Object.fromEntries(askableLimits.map(name => [name, Type.Optional(Type.Number({ minimum: 0 }))])) as Record<AskableLimit, Type.TOptional<Type.TNumber>>,
  createdAt: Type.Number(),
  requestedAt: Type.Number(),
  readyAt: nullable(Type.Number()),
  connectedAt: nullable(Type.Number())
}, { additionalProperties: false })

export type Note = Static<typeof noteSchema>
