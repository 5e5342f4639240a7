/** What a service says in few words, said so that a person knows what it means. */
const inWords = new Map([
  ['Invalid rendering location', 'This kind of rendering is switched off on the server'],
  ['No ports available', 'All seats are taken'],
  ['Not Found', 'There is no service that starts stream servers at this address']
])

/**
 * A sentence for a spawn answer that is no success: the body's `reason`, whatever shape the error has, and for
 * 429 and 503 when to try again (`Retry-After` in seconds; a date is read as "later").
 */
export function spawnRefusal (status: number, body: unknown, retryAfter: string | null): string {
  const reason = reasonOf(body)
  const words = (inWords.get(reason ?? '') ?? reason ?? unexplained(status)).replace(/[.\s]+$/, '')
  if (status !== 429 && status !== 503) return `${words}.`
  if (/try again/i.test(words) || retryAfter === null) return `${words}.`
  return /^\d{1,6}$/.test(retryAfter.trim())
    ? `${words}, try again in ${Number(retryAfter)} s.`
    : `${words}, try again later.`
}

function reasonOf (body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  for (const field of ['reason' in body && body.reason, 'message' in body && body.message]) {
    if (typeof field === 'string' && field.trim() !== '') return field.trim().slice(0, 500)
  }
  return undefined
}

function unexplained (status: number): string {
  if (status === 200) return 'The service answered, but gave no stream server'
  if (status === 429) return 'Too many viewers were asked for at once'
  if (status === 503) return 'The service has no room for another viewer'
  return `The service refused with HTTP status ${status} and no reason`
}
