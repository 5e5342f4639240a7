import type { Programs } from './programs.ts'
import { median, range } from './statistics.ts'

/** What a part measures with. */
export interface Scale {
  /** Few and short measurements, for a first impression. */
  quick: boolean
  rounds: number
  programs: Programs
  /** Tells a person on stderr what is being done. */
  tell: (text: string) => void
}

/** One target and what became of it; `met` null: not measured, and `measured` says why. */
export interface Target { what: string, wanted: string, measured: string, met: boolean | null }

export interface Section {
  markdown: string[]
  targets: Target[]
  /** How it was repeated; absent: in rounds, every contestant in turn. */
  repeated?: string
}

export type Part = (scale: Scale) => Promise<Section>

/** Holds values of all rounds against a limit: the median decides. @param cause shown where the target is missed */
export function judge (what: string, limit: { most?: number, least?: number }, unit: string, values: readonly number[], digits: number, cause = ''): Target {
  const { most = Infinity, least = -Infinity } = limit
  const middle = median(values)
  const met = middle <= most && middle >= least
  const wanted = limit.most !== undefined ? `≤ ${most}` : `≥ ${least}`
  return { what, wanted: `${wanted}${unit}`, measured: `${cell(values, digits)}${unit}${met || cause === '' ? '' : `; ${cause}`}`, met }
}

/** Where it is written why an aim is missed, as a cause. */
export const causes = '[why](decisions/0016-how-near-to-the-floor.md)'

export function notMeasured (what: string, wanted: string, why: string): Target {
  return { what, wanted, measured: `not measured: ${why}`, met: null }
}

/** `median (smallest–largest)`. */
export function cell (values: readonly number[], digits: number): string {
  return values.length === 1 ? median(values).toFixed(digits) : `${median(values).toFixed(digits)} (${range(values, digits)})`
}

/** A table in Markdown. */
export function table (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line), '']
}

/** Ratios round by round. */
export function ratios (values: readonly number[], to: readonly number[]): number[] {
  return values.map((value, round) => value / (to[round] ?? NaN))
}

/** Measures contestants in turn, A B C A B C …; the values of each, round by round. */
export async function interleave<Contestant extends { name: string }, Value> ({ rounds, tell }: Scale, contestants: readonly Contestant[], measure: (contestant: Contestant) => Promise<Value>): Promise<Map<string, Value[]>> {
  const values = new Map<string, Value[]>(contestants.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const contestant of contestants) {
      tell(`round ${round} of ${rounds}: ${contestant.name}`)
      values.get(contestant.name)?.push(await measure(contestant))
    }
  }
  return values
}
