import Type, { type Static } from 'typebox'
import type { Dossier } from './dossier.ts'
import { lastWords } from './last-words.ts'

/** Crashes that are the same: one model, one ending, the same last words. */
export const groupSchema = Type.Object({
  group: Type.String(),
  /** Null: no model. */
  model: Type.Union([Type.String(), Type.Null()]),
  words: Type.String(),
  /** What was said last, without what is different each time. */
  lastWords: Type.String(),
  count: Type.Integer(),
  first: Type.String(),
  last: Type.String()
})

export type CrashGroup = Static<typeof groupSchema>

/** The dossiers of the last crashes. */
export class CrashBook {
  readonly #most: number
  readonly #dossiers = new Map<string, Dossier>()

  /** @param most dossiers that are kept; 0: none */
  constructor (most: number) {
    this.#most = most
  }

  add (dossier: Dossier): void {
    this.#dossiers.set(dossier.id, dossier)
    for (const oldest of this.#dossiers.keys()) {
      if (this.#dossiers.size <= this.#most) break
      this.#dossiers.delete(oldest)
    }
  }

  of (id: string): Dossier | undefined { return this.#dossiers.get(id) }

  /** The last one first. */
  all (): Dossier[] { return [...this.#dossiers.values()].reverse() }

  /** Those that are kept, by what they have in common; the most frequent first. */
  groups (): CrashGroup[] {
    const groups = new Map<string, CrashGroup>()
    for (const { group, model, words, output, at } of this.#dossiers.values()) {
      const known = groups.get(group)
      if (known === undefined) groups.set(group, { group, model, words, lastWords: lastWords(output), count: 1, first: at, last: at })
      else Object.assign(known, { count: known.count + 1, last: at })
    }
    return [...groups.values()].sort((a, b) => b.count - a.count)
  }
}
