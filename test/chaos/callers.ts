import { request } from 'node:http'
import { WebSocket } from 'ws'
import { within } from '../fixtures/slipway.ts'
import type { SeededRandom } from '../simulation/seeded-random.ts'
import { moment } from './seed.ts'

/** Where callers ask: the service itself, or whoever stands in front of it. */
export interface Asked { url: string, port: number }

/** What became of a request: fulfilled, answered otherwise, or cut off with its connection. */
type Fate = 'opened' | 'refused' | 'broken'

/** Milliseconds after which a caller who has heard nothing at all was forgotten. */
const patience = 60_000

/** The whole answer, or `undefined` when its connection ends before. Not `fetch`: it may wait for ever where a connection is closed before it has been used. */
function answered (method: string, url: string, body?: object): Promise<{ status: number, text: string } | undefined> {
  return new Promise(resolve => {
    const asking = request(url, { method, agent: false, headers: body === undefined ? {} : { 'content-type': 'application/json' } }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => { text += piece })
      response.once('close', () => { resolve(response.complete ? { status: response.statusCode ?? 0, text } : undefined) })
    })
    asking.once('error', () => { resolve(undefined) })
    asking.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Those who ask a service for viewers by REST and by WebSocket, stay a while and leave. Each gets an answer, or an error is thrown. */
export class Callers {
  readonly fates: Record<Fate, number> = { opened: 0, refused: 0, broken: 0 }
  /** How often each answer came: an HTTP status, a close code, `broken` for a REST request without one, `hung up` for such a viewer. */
  readonly answers: Record<string, number> = {}
  readonly #random: SeededRandom

  constructor (random: SeededRandom) {
    this.#random = random
  }

  /** Requests made so far whose end was seen. */
  get asked (): number { return this.fates.opened + this.fates.refused + this.fates.broken }

  /** Requests that the service has counted: those that broke it may have, or not. */
  get counted (): readonly [number, number] { return [this.fates.opened + this.fates.refused, this.asked] }

  /** So many visits, some at a time; models are drawn from those given, null: none. */
  async come (to: Asked, { visits, abreast, models = [null], stay = 300 }: { visits: number, abreast: number, models?: ReadonlyArray<string | null>, stay?: number }): Promise<void> {
    let left = visits
    await Promise.all(Array.from({ length: abreast }, async () => {
      while (left-- > 0) {
        const length = this.#random.below(stay)
        if (this.#random.chance(0.5)) await this.rest(to, this.#random.pick(models), length)
        else await this.proxied(to, length)
      }
    }))
  }

  /** Asks by REST, and stops the session after so many milliseconds. */
  async rest ({ url }: Asked, model: string | null, stay: number): Promise<void> {
    const params = model === null ? {} : { model }
    const answer = await within(answered('POST', `${url}/api/spawn`, { class: 'csr_session', params }), () => 'a caller was never answered', patience)
    this.#met(answer === undefined ? 'broken' : answer.status === 200 ? 'opened' : 'refused', `${answer?.status ?? 'broken'}`)
    if (answer?.status !== 200) return
    const { serviceId: id } = JSON.parse(answer.text) as { serviceId: string }
    await moment(stay)
    await within(answered('DELETE', `${url}/api/spawns/${id}`), () => `the stop of session ${id} was never answered`, patience)
  }

  /** Asks by WebSocket, and hangs up after so many milliseconds. */
  async proxied ({ port }: Asked, stay: number): Promise<void> {
    const viewer = new WebSocket(`ws://127.0.0.1:${port}/`)
    let fate: Fate = 'broken'
    let words = 'hung up'
    const over = new Promise<void>(resolve => {
      viewer.on('unexpected-response', (request, response) => {
        fate = 'refused'
        words = String(response.statusCode)
        response.resume()
        request.destroy()
        resolve()
      })
      viewer.on('error', () => {})
      viewer.on('close', code => {
        // What cannot be had is said by a close code, after an opening of its own.
        if (fate === 'opened' && code >= 1007) [fate, words] = ['refused', String(code)]
        resolve()
      })
      viewer.on('open', () => {
        [fate, words] = ['opened', '101']
        void moment(stay).then(() => { viewer.close() })
      })
    })
    try {
      await within(over, () => 'a viewer was never answered', patience)
    } finally {
      viewer.terminate()
    }
    this.#met(fate, words)
  }

  #met (fate: Fate, words: string): void {
    this.fates[fate]++
    this.answers[words] = (this.answers[words] ?? 0) + 1
  }
}
