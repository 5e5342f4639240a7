/** What a stream server says of itself, parsed. */
export interface Report {
  kind: 'ready' | 'ping' | 'disconnect'
  /** Viewers connected now, where the stream server tells (the embedded one does). */
  viewers: number | null
  /** Milliseconds since the viewer's last input, where the stream server tells. */
  idle: number | null
  /** Model that the viewer named, where the stream server tells. */
  model?: string
}

export type ParsedReport = { status: 'report', report: Report } | { status: 'invalid', problem: string }

export const reportKinds = ['ready', 'ping', 'disconnect'] as const

/**
 * Reads a report out of its query: `liveliness=ready|ping|disconnect`, and optionally `viewers` (a count), `idle` (seconds) and `model`.
 * Extras that make no sense are as good as not said: a report is never lost for them.
 */
export function parseReport (query: Readonly<Record<string, unknown>>): ParsedReport {
  const kind = reportKinds.find(known => known === query['liveliness'])
  if (kind === undefined) {
    return { status: 'invalid', problem: `liveliness: expected ${reportKinds.join(', ')}, got ${JSON.stringify(query['liveliness'] ?? null)}` }
  }
  const viewers = amount(query['viewers'])
  const idle = amount(query['idle'])
  const { model } = query
  const named = typeof model === 'string' && /^\P{Cc}{1,256}$/u.test(model) ? { model } : {}
  return { status: 'report', report: { kind, viewers: Number.isInteger(viewers) ? viewers : null, idle: idle === null ? null : idle * 1_000, ...named } }
}

function amount (value: unknown): number | null {
  return typeof value === 'string' && /^\d{1,9}(\.\d{1,6})?$/.test(value) ? Number(value) : null
}
