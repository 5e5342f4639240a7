import { parseReport, type Report } from './report.ts'

const plain = /^\/api\/spawns\/{1,2}([0-9A-Za-z-]{1,64})\?liveliness=(ready|ping|disconnect)((?:&[a-z]+=[\w%.~-]*)*)$/

/**
 * A report in the plain form that stream servers use, read out of a request target; undefined: it may still be one in another form.
 * A hot path: reports are most of all requests, so this is done without whatever other requests need.
 */
export function readReportLine (target: string): { id: string, report: Report } | undefined {
  const [, id, liveliness, more] = plain.exec(target) ?? []
  if (id === undefined || liveliness === undefined) return undefined
  const parsed = parseReport(more === '' || more === undefined ? { liveliness } : { liveliness, ...Object.fromEntries(new URLSearchParams(more)) })
  return parsed.status === 'report' ? { id, report: parsed.report } : undefined
}
