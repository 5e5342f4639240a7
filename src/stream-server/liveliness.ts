import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Clock } from '../clock.ts'

/** What pings tell beside being there. */
export interface Occupation {
  viewers: 0 | 1
  /** Whole seconds since the viewer last asked for something. */
  idle: number
  /** What the viewer asked to see; null: nothing yet. */
  model: string | null
}

/** A limit of the service is about to end the session. */
export interface Ending { reason: 'idle_timeout' | 'max_lifetime', seconds: number }

export interface LivelinessSettings {
  /** Base URL, with or without a slash at its end. */
  endpoint: string
  id: string
  /** From ping to ping. */
  seconds: number
  /** For how long it may be that nobody takes a report; 0: a few of them. */
  unheardSeconds: number
  clock: Clock
  /** Asked before every ping. */
  occupation: () => Occupation
  /** Called once, when so many reports in a row, and for so long, reached nobody that nobody can be watching. */
  onUnheard: (reason: string) => void
  /** Called with every ping that was taken; null: nothing is about to end it. */
  onEnding?: (ending: Ending | null) => void
}

const mostFailures = 4
const reportTimeoutMs = 2000
const farewellTimeoutMs = 500
/** Waits between the attempts to say `ready`, milliseconds. */
const readyPauses = [100, 300, 900]

/** Tells the service that started this process how it is: `ready` once, then pings, in the end `disconnect`. */
export class Liveliness {
  #settings: LivelinessSettings
  #failures = 0
  /** When somebody took a report last. */
  #heardAt: number
  #pending = 0
  #queue = Promise.resolve()
  #cancel = () => {}
  #closed = false
  #unheard = false

  constructor (settings: LivelinessSettings) {
    this.#settings = settings
    this.#heardAt = settings.clock.now()
  }

  /** Says `ready`, again after short pauses when nobody takes it, then pings until `close`. */
  async ready (): Promise<void> {
    for (const pause of [...readyPauses, null]) {
      if (await this.#report('ready') || this.#closed) break
      if (pause !== null) await new Promise<void>(resolve => { this.#cancel = this.#settings.clock.after(pause, resolve) })
    }
    this.#pingLater()
  }

  /** Pings now, beside the regular ones: something has changed. */
  ping (): void {
    const { viewers, idle, model } = this.#settings.occupation()
    void this.#report(`ping&viewers=${viewers}&idle=${idle}${model === null ? '' : `&model=${encodeURIComponent(model)}`}`)
  }

  /** Stops the pings and says `disconnect`; resolves when it was taken or could not be, after half a second at most. */
  async disconnect (): Promise<void> {
    if (this.#closed) return
    this.close()
    await this.#post('disconnect', farewellTimeoutMs).catch(() => {})
  }

  close (): void {
    this.#closed = true
    this.#cancel()
  }

  #pingLater (): void {
    if (this.#closed) return
    this.#cancel = this.#settings.clock.after(this.#settings.seconds * 1000, () => {
      if (this.#pending === 0) this.ping()
      this.#pingLater()
    })
  }

  /** Reports go out one after the other, so that they arrive in order. Whether this one was taken. */
  async #report (what: string): Promise<boolean> {
    this.#pending++
    const sent = this.#queue.then(async () => this.#closed ? undefined : await this.#post(what, reportTimeoutMs))
    this.#queue = sent.then(() => {}, () => {})
    try {
      const ending = await sent
      if (what !== 'ready' && !this.#closed) this.#settings.onEnding?.(readEnding(ending))
      this.#failures = 0
      this.#heardAt = this.#settings.clock.now()
      return true
    } catch (error) {
      const { clock, unheardSeconds, onUnheard } = this.#settings
      if (++this.#failures >= mostFailures && clock.now() - this.#heardAt >= unheardSeconds * 1000 && !this.#closed && !this.#unheard) {
        this.#unheard = true
        onUnheard((error as Error).message)
      }
      return false
    } finally {
      this.#pending--
    }
  }

  /** Resolves with what the answer says of the session's end. */
  async #post (what: string, timeout: number): Promise<string | undefined> {
    const { endpoint, id } = this.#settings
    const url = `${endpoint.replace(/\/+$/, '')}/${encodeURIComponent(id)}?liveliness=${what}`
    const request = url.startsWith('https:') ? httpsRequest : httpRequest
    return await new Promise((resolve, reject) => {
      const outgoing = request(url, { method: 'POST', agent: false, timeout, headers: { 'content-length': 0 } }, response => {
        response.resume()
        const status = response.statusCode ?? 0
        if (status >= 200 && status < 300) resolve(String(response.headers['slipway-ending'] ?? ''))
        else reject(new Error(`HTTP ${status}`))
      })
      outgoing.on('timeout', () => { outgoing.destroy(new Error(`no answer in ${timeout} ms`)) })
      outgoing.on('error', reject)
      outgoing.end()
    })
  }
}

function readEnding (header = ''): Ending | null {
  const [, reason, seconds] = /^(idle_timeout|max_lifetime); seconds=(\d{1,6})$/.exec(header) ?? []
  return reason === undefined ? null : { reason: reason as Ending['reason'], seconds: Number(seconds) }
}
