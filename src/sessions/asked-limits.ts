import type { Limit } from './transitions.ts'

/** The limits a request may ask for, by the names of their settings. */
export const askableLimits = ['startTimeout', 'firstConnectTimeout', 'pingTimeout', 'idleTimeout', 'maxLifetime'] as const satisfies readonly Limit[]
export type AskableLimit = typeof askableLimits[number]

/** Limits of one session's own in milliseconds, 0: none; for those that are absent the service's hold. */
export type AskedLimits = Partial<Record<AskableLimit, number>>

/** Those of them that stand among other facts. */
export function limitsIn (facts: AskedLimits): AskedLimits {
  return Object.fromEntries(askableLimits.flatMap(name => facts[name] === undefined ? [] : [[name, facts[name]]]))
}

/** What may be asked for, in seconds. `most` is Infinity where there is no limit: 0 may be asked for then, too. */
export interface LimitRange { least: number, most: number }
export type LimitRanges = Readonly<Record<AskableLimit, LimitRange>>

/** Seconds below which a limit only does harm; of the silence between reports, two of them. */
const shortest = { startTimeout: 0.1, firstConnectTimeout: 1, idleTimeout: 1, maxLifetime: 1 } as const

/** What requests may ask for: no more than the ceiling, which is what all have where there is none (0). All in seconds. */
export function limitRanges (ofAll: Readonly<Record<AskableLimit, number>> & { pingInterval: number }, ceilings: Readonly<Record<AskableLimit, number>>): LimitRanges {
  return Object.fromEntries(askableLimits.map(name => [name, {
    least: name === 'pingTimeout' ? Math.min(2 * ofAll.pingInterval, ofAll.pingTimeout) : shortest[name],
    most: ceilings[name] || ofAll[name] || Infinity
  }])) as Record<AskableLimit, LimitRange>
}

export type LimitsReading = { status: 'limits', limits: AskedLimits } | { status: 'invalid', problems: string[] }

/**
 * Reads the limits a request asks for: seconds by name, as numbers or, from a form or a query, as text. None is no mistake, and neither is
 * an empty value; a name that is none, or a value out of its range, is told with what was expected.
 * @param at what stands before the names where they were written
 */
export function readAskedLimits (asked: unknown, ranges: LimitRanges, at: string): LimitsReading {
  if (asked === undefined || asked === null || asked === '') return { status: 'limits', limits: {} }
  if (typeof asked !== 'object' || Array.isArray(asked)) return { status: 'invalid', problems: [`${at}: expected an object with ${askableLimits.join(', ')}`] }
  const limits: AskedLimits = {}
  const problems: string[] = []
  for (const [name, value] of Object.entries(asked)) {
    if (!isAskable(name)) {
      problems.push(`${at}.${name}: there is no such limit; expected ${askableLimits.join(', ')}`)
      continue
    }
    if (value === null || value === '') continue
    const seconds = numberOf(value)
    const { least, most } = ranges[name]
    if ((seconds >= least && seconds <= most) || (seconds === 0 && most === Infinity)) limits[name] = seconds * 1_000
    else problems.push(`${at}.${name}: expected ${most === Infinity ? `at least ${least} s, or 0 for no limit` : `from ${least} to ${most} s`}`)
  }
  return problems.length > 0 ? { status: 'invalid', problems } : { status: 'limits', limits }
}

/** What stands before the names of limits in a query: `limits.idleTimeout=60`. */
const inQuery = 'limits.'

/** The same out of an address's query. */
export function limitsInQuery (query: URLSearchParams, ranges: LimitRanges): LimitsReading {
  return readAskedLimits(Object.fromEntries([...query].flatMap(([name, value]) => name.startsWith(inQuery) ? [[name.slice(inQuery.length), value]] : [])), ranges, 'limits')
}

const isAskable = (name: string): name is AskableLimit => (askableLimits as readonly string[]).includes(name)

/** NaN for whatever is no plain number. */
function numberOf (value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^\d{1,9}(\.\d{1,6})?$/.test(value) ? Number(value) : NaN
}
