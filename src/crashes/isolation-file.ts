import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'

const keptSchema = Type.Array(Type.Object({
  model: Type.String({ minLength: 1 }),
  /** When it crashed last, as often as isolates it; milliseconds since the epoch. */
  crashes: Type.Array(Type.Number(), { minItems: 1 }),
  /** Until when nobody gets it, in milliseconds since the epoch. */
  until: Type.Number()
}, { additionalProperties: false }))

/** Models that are isolated, as another service may find them. */
export type KeptIsolations = Static<typeof keptSchema>

/** Reads the models that a service before had isolated; no file is none. @throws Error in words where it cannot be read, or is none of ours */
export function readIsolations (path: string): KeptIsolations {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const kept: unknown = JSON.parse(text)
  if (!Value.Check(keptSchema, kept)) throw new Error('it is not a list of isolated models')
  return kept
}

/** Writes them in the place of those that are there, all or nothing. @throws NodeJS.ErrnoException */
export function writeIsolations (path: string, isolations: KeptIsolations): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(isolations)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
