import { createParser } from 'eventsource-parser'
import type { Clock } from '../clock.ts'
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
    /** Wants a token to come back by, or has one. */
    reentry?: true | string
  }
}

/** By what a caller finds its place again when it asks the next time, and for how long. */
export interface Reentry { token: string, seconds: number }

export interface SpawnedSession {
  /** WebSocket URL of the session's own stream server, ready to be used. */
  endpointUri: string
  serviceId: string
  /** To the seat of a session that has ended. */
  reentry?: Reentry
}

/** A place in the line for a seat, from 1, and in how many seconds there probably is one; null: nobody knows. */
export interface Waiting { place: number, seconds: number | null, reentry?: Reentry }

/** Milliseconds without a word of the service after which it is given up. Whoever waits for a seat is told every few seconds. */
const mostSilence = 60_000

/** What a request came to, whichever way it was told. */
interface Answer { status: number, body: unknown, retryAfter: string | null }

/** Asks a service at `endpoint` (its origin, without `/api`) for stream servers. */
export class ServerConnection {
  readonly #endpoint: string
  readonly #clock: Clock

  constructor (endpoint: string, clock: Clock) {
    this.#endpoint = endpoint.replace(/\/+$/, '')
    this.#clock = clock
  }

  /**
   * Starts a stream server and answers once it is ready; `signal` gives up waiting, `waiting` is told the place where every seat is taken and there is a line.
   * Fails with an Error whose message is a sentence for people, also after 60 s without a word.
   */
  async connect (request: SpawnRequest, { signal, waiting = () => {} }: { signal?: AbortSignal, waiting?: (waiting: Waiting) => void } = {}): Promise<SpawnedSession> {
    const silence = new AbortController()
    let cancel = () => {}
    const heard = () => {
      cancel()
      cancel = this.#clock.after(mostSilence, () => { silence.abort() })
    }
    heard()
    let answer: Answer
    try {
      const response = await fetch(`${this.#endpoint}/api/spawn`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream, application/json' },
        body: JSON.stringify(request),
        signal: signal === undefined ? silence.signal : AbortSignal.any([silence.signal, signal])
      })
      answer = response.headers.get('content-type')?.startsWith('text/event-stream') === true && response.body !== null
        ? await endOfStory(response.body, (event, data) => {
          heard()
          if (event === 'waiting') waiting(data as Waiting)
        })
        : { status: response.status, body: await wholeBody(response), retryAfter: response.headers.get('retry-after') }
    } catch (error) {
      if (signal?.aborted === true) throw new Error('The request was given up.', { cause: error })
      if (silence.signal.aborted) throw new Error(`No stream server was ready within ${mostSilence / 1000} seconds.`, { cause: error })
      throw new Error('The service cannot be reached. Is it running?', { cause: error })
    } finally {
      cancel()
    }
    const session = answer.status === 200 ? spawnedSession(answer.body) : undefined
    if (session === undefined) throw new Error(spawnRefusal(answer.status, answer.body, answer.retryAfter))
    return session
  }
}

/** A body that is no JSON is none; one that breaks off is an error. */
async function wholeBody (response: Response): Promise<unknown> {
  const text = await response.text()
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Reads what is told while it happens; answers by the last of it. @throws Error when it breaks off before */
async function endOfStory (body: ReadableStream<Uint8Array>, told: (event: string | undefined, data: unknown) => void): Promise<Answer> {
  const answers: Answer[] = []
  const parser = createParser({
    onEvent: ({ event, data }) => {
      const body = JSON.parse(data) as { httpStatus?: number, retryAfter?: number }
      told(event, body)
      if (event === 'ready') answers.push({ status: 200, body, retryAfter: null })
      if (event === 'refused') answers.push({ status: body.httpStatus ?? 500, body, retryAfter: body.retryAfter === undefined ? null : String(body.retryAfter) })
    }
  })
  const reader = body.getReader()
  const text = new TextDecoder()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) throw new Error('The service broke off')
    parser.feed(text.decode(value, { stream: true }))
    const [answer] = answers
    if (answer !== undefined) return answer
  }
}

const isReentry = (value: unknown): value is Reentry => typeof value === 'object' && value !== null && 'token' in value && typeof value.token === 'string' && 'seconds' in value && typeof value.seconds === 'number'

function spawnedSession (body: unknown): SpawnedSession | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  if (!('result' in body) || body.result !== 'ok' || !('serviceId' in body) || typeof body.serviceId !== 'string') return undefined
  if (!('endpoints' in body) || typeof body.endpoints !== 'object' || body.endpoints === null) return undefined
  if (!('ws' in body.endpoints) || typeof body.endpoints.ws !== 'string') return undefined
  return { endpointUri: body.endpoints.ws, serviceId: body.serviceId, ...'reentry' in body && isReentry(body.reentry) && { reentry: body.reentry } }
}
