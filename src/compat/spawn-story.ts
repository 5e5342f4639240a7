import { PassThrough, type Readable } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { State } from '../sessions/transitions.ts'
import type { OpenedBody, Reentry } from './answers.ts'

/** Milliseconds after which somebody who waits is told anew, so that the estimate is fresh and no proxy takes the line for dead. */
const refresh = 5_000

/** Whether a caller would rather be told as it goes than once at the end. */
export function wantsStory (accept: string | undefined): boolean {
  return accept?.split(',').some(type => type.split(';')[0]?.trim().toLowerCase() === 'text/event-stream') === true
}

/** What becomes of a viewing request, as server-sent events: `waiting` and `state`, then one `ready` or `refused`, which is the last. */
export class SpawnStory {
  readonly #body = new PassThrough()
  readonly #clock: Clock
  #cancel: (() => void) | undefined

  constructor (clock: Clock) {
    this.#clock = clock
    // A caller who has hung up hears nothing more.
    this.#body.on('error', () => {})
  }

  /** The events, in the form of `text/event-stream`. */
  get body (): Readable { return this.#body }

  /** It waits for a seat. @param wait says, whenever asked, for how many milliseconds probably; null: nobody knows */
  waiting (place: number, wait: () => number | null, reentry?: Reentry): void {
    this.#cancel?.()
    const milliseconds = wait()
    this.#tell('waiting', { place, seconds: milliseconds === null ? null : Math.ceil(milliseconds / 1_000), ...reentry === undefined ? {} : { reentry } })
    this.#cancel = this.#clock.after(refresh, () => { this.waiting(place, wait, reentry) })
  }

  /** Its session has entered a state. */
  state (id: string, state: State): void {
    this.#cancel?.()
    this.#tell('state', { id, state })
  }

  /** Its stream server is ready. */
  ready (answer: OpenedBody): void { this.#end('ready', answer) }

  /** There is none for it. @param httpStatus what the answer without a story would have had */
  refused (httpStatus: number, body: Readonly<Record<string, unknown>>): void { this.#end('refused', { ...body, httpStatus }) }

  #tell (event: string, data: object): void {
    if (this.#body.writable) this.#body.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  #end (event: string, data: object): void {
    this.#cancel?.()
    this.#tell(event, data)
    this.#body.end()
  }
}
