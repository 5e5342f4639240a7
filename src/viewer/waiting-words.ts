import { patience } from './quantities.ts'
import type { Waiting } from './server-connection.ts'

/** A sentence for whoever waits in line for a seat. */
export function waitingWords ({ place, seconds }: Waiting): string {
  const where = place === 1 ? 'you are next in line' : `you are number ${place} in line`
  return `The service has no room just now: ${where}${seconds === null ? '' : `, for about ${patience(seconds)}`}.`
}
