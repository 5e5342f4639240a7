import type { ServerResponse } from 'node:http'

/**
 * Aborted when the caller hangs up before it was answered. To be taken before anything is waited for. (Fastify's `request.signal`
 * follows the request, which is over as soon as its body has been read.)
 */
export function hangUp (answer: ServerResponse): AbortSignal {
  const gone = new AbortController()
  answer.once('close', () => { if (!answer.writableFinished) gone.abort() })
  return gone.signal
}
