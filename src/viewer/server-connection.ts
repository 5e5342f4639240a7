import { spawnRefusal } from './spawn-refusal.ts'

/** Which renderer the session gets: on the client's graphics hardware, or on the server. */
export type SessionClass = 'csr_session' | 'ssr_session'

export interface SpawnRequest {
  class: SessionClass
  params: {
    /** Bare model name; without it the viewer names the model when it connects. */
    model?: string
    /** What the viewer will name when it connects; only weighed, since a model may be isolated. */
    viewerModel?: string
    /** The viewer must present the same token to the stream server. */
    sessionToken?: string
  }
}

export interface SpawnedSession {
  /** WebSocket URL of the session's own stream server, ready to be used. */
  endpointUri: string
  serviceId: string
}

const spawnTimeoutMilliseconds = 60_000

/** Asks a service at `endpoint` (its origin, without `/api`) for stream servers. */
export class ServerConnection {
  readonly #endpoint: string

  constructor (endpoint: string) {
    this.#endpoint = endpoint.replace(/\/+$/, '')
  }

  /**
   * Starts a stream server and answers once it is ready, at most 60 s later; `signal` gives up waiting earlier.
   * Fails with an Error whose message is a sentence for people.
   */
  async connect (request: SpawnRequest, signal?: AbortSignal): Promise<SpawnedSession> {
    const timeout = AbortSignal.timeout(spawnTimeoutMilliseconds)
    let response: Response
    let body: unknown
    try {
      response = await fetch(`${this.#endpoint}/api/spawn`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal])
      })
      body = await response.json().catch((error: unknown) => {
        if (timeout.aborted || signal?.aborted === true) throw error
        return undefined
      })
    } catch (error) {
      if (signal?.aborted === true) throw new Error('The request was given up.', { cause: error })
      if (timeout.aborted) throw new Error(`No stream server was ready within ${spawnTimeoutMilliseconds / 1000} seconds.`, { cause: error })
      throw new Error('The service cannot be reached. Is it running?', { cause: error })
    }
    const session = response.status === 200 ? spawnedSession(body) : undefined
    if (session === undefined) throw new Error(spawnRefusal(response.status, body, response.headers.get('retry-after')))
    return session
  }
}

function spawnedSession (body: unknown): SpawnedSession | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  if (!('result' in body) || body.result !== 'ok' || !('serviceId' in body) || typeof body.serviceId !== 'string') return undefined
  if (!('endpoints' in body) || typeof body.endpoints !== 'object' || body.endpoints === null) return undefined
  if (!('ws' in body.endpoints) || typeof body.endpoints.ws !== 'string') return undefined
  return { endpointUri: body.endpoints.ws, serviceId: body.serviceId }
}
