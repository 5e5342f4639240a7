import { patience } from './quantities.ts'
import { reasonWords } from './reason-words.ts'

/**
 * A sentence for a spawn answer that is no success: the body's `reason`, whatever shape the error has, and for
 * 422, 429 and 503 when to try again (`Retry-After` in seconds; a date is read as "later").
 */
export function spawnRefusal (status: number, body: unknown, retryAfter: string | null): string {
  const words = reasonWords(reasonOf(body) ?? unexplained(status))
  if (![422, 429, 503].includes(status)) return `${words}.`
  if (/try again/i.test(words) || retryAfter === null) return `${words}.`
  return /^\d{1,6}$/.test(retryAfter.trim())
    ? `${words}, try again in ${patience(Number(retryAfter))}.`
    : `${words}, try again later.`
}

function reasonOf (body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  for (const field of ['reason' in body && body.reason, 'message' in body && body.message]) {
    if (typeof field === 'string' && field.trim() !== '') return field
  }
  return undefined
}

function unexplained (status: number): string {
  if (status === 200) return 'The service answered, but gave no stream server'
  if (status === 422) return 'This model keeps crashing and is locked for now'
  if (status === 429) return 'Too many viewers were asked for at once'
  if (status === 503) return 'The service has no room for another viewer'
  return `The service refused with HTTP status ${status} and no reason`
}
