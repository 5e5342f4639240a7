import Type, { type Static } from 'typebox'
import { reasons, type Reason } from './reasons.ts'
import type { SessionView } from './session.ts'
import { states, type State } from './transitions.ts'

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** A session as our own API and live events tell it: times are ISO 8601, what is not known is null. */
export const sessionRecordSchema = Type.Object({
  id: Type.String(),
  state: Type.Enum(states as [State, ...State[]]),
  reason: nullable(Type.Enum(Object.keys(reasons) as [Reason, ...Reason[]])),
  renderer: Type.Enum(['csr', 'ssr']),
  model: nullable(Type.String()),
  via: nullable(Type.Enum(['rest', 'proxy'])),
  port: nullable(Type.Integer()),
  pid: nullable(Type.Integer()),
  createdAt: Type.String(),
  endedAt: nullable(Type.String()),
  lastReportAt: nullable(Type.String()),
  exitCode: nullable(Type.Integer()),
  signal: nullable(Type.String())
})

export type SessionRecord = Static<typeof sessionRecordSchema>

export function sessionRecord (view: SessionView): SessionRecord {
  const { exit, createdAt, endedAt, lastReportAt, connectedAt, killed, ...same } = view
  return {
    ...same,
    createdAt: iso(createdAt),
    endedAt: endedAt === null ? null : iso(endedAt),
    lastReportAt: lastReportAt === null ? null : iso(lastReportAt),
    exitCode: exit?.code ?? null,
    signal: exit?.signal ?? null
  }
}

const iso = (milliseconds: number) => new Date(milliseconds).toISOString()
