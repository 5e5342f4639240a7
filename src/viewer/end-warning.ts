import type { Clock } from '../clock.ts'
import { endedWords, endingWords, type SessionLimit } from './ending-words.ts'
import { IdleWatch } from './idle-watch.ts'

/** Where it is said: over the picture. */
export interface Sayings {
  say (words: string, act?: { label: string, action: () => void }): void
  hide (): void
}

export interface EndListener {
  /** Somebody wants the session to go on: the stream server is to know. */
  stay (): void
  /** Nobody used the viewer for as long as the page allows; `words` is a sentence for people. */
  over (words: string): void
  /** The session ends in so many seconds unless somebody does something; undefined: it does not, after all. */
  idle? (secondsLeft: number | undefined): void
}

const second = 1000
/** A limit of the service is told in whole seconds, and the word takes its time: so much sooner the end may come, milliseconds. */
const slack = 3 * second

/**
 * Says over the picture that the session is about to end, by the page's own watch or by a limit of the service, whichever comes first, and offers to stay. While the connection is
 * lost it says that instead.
 */
export class EndWarning {
  readonly #clock: Clock
  readonly #notice: Sayings
  readonly #listener: EndListener
  readonly #watch: IdleWatch
  /** When the page's own watch ends the session, and when a limit of the service does. */
  #own: number | undefined
  #told: { limit: SessionLimit, due: number } | undefined
  #shown = false
  #lost = false
  #cancel = (): void => {}

  /** `idle`, in milliseconds, is of the page's own watch: how long nobody may do anything, 0 for ever, and how long before that end it warns. */
  constructor (clock: Clock, notice: Sayings, idle: { allowed: number, warning: number }, listener: EndListener) {
    this.#clock = clock
    this.#notice = notice
    this.#listener = listener
    this.#watch = new IdleWatch(clock, idle.allowed, idle.warning, {
      near: seconds => {
        this.#own = clock.now() + seconds * second
        this.#show()
      },
      averted: () => {
        this.#own = undefined
        this.#show()
      },
      over: () => {
        this.close()
        this.#listener.over(endedWords('idle_timeout'))
      }
    })
  }

  /** Somebody did something, or begins to. */
  touch (): void {
    this.#watch.touch()
  }

  /** The stream server tells what the service is about to do; undefined: nothing, after all. */
  expect (ending: { reason: SessionLimit, seconds: number } | undefined): void {
    this.#told = ending === undefined ? undefined : { limit: ending.reason, due: this.#clock.now() + ending.seconds * second }
    this.#show()
  }

  /** The connection is lost and tried for again, or it is there again. */
  connection (lost: boolean): void {
    this.#lost = lost
    if (lost) return this.#notice.say('The connection was lost. Trying to get it back.')
    this.#notice.hide()
    this.#show()
  }

  /** Why an orderly end came: the limit that was due, else as the other side said it. */
  farewell (words: string): string {
    return this.#told !== undefined && this.#clock.now() >= this.#told.due - slack ? endedWords(this.#told.limit) : words
  }

  /** The session is over, or another begins with the next `touch`: nothing is watched or counted. */
  close (): void {
    this.#watch.close()
    this.#cancel()
    this.#own = this.#told = undefined
    this.#shown = this.#lost = false
  }

  #show (): void {
    this.#cancel()
    const own = this.#own === undefined ? undefined : { limit: 'idle_timeout' as const, due: this.#own }
    const next = own !== undefined && own.due < (this.#told?.due ?? Infinity) ? own : this.#told
    if (next === undefined) return this.#withdraw()
    const left = Math.max(0, next.due - this.#clock.now())
    const seconds = Math.ceil(left / second)
    const { words, mayStay } = endingWords(next.limit, seconds)
    this.#shown = true
    if (!this.#lost) this.#notice.say(words, mayStay ? { label: 'Stay', action: () => { this.#stay() } } : undefined)
    if (mayStay) this.#listener.idle?.(seconds)
    // The page's own watch counts by itself.
    if (next !== own && left > 0) this.#cancel = this.#clock.after(left % second || second, () => { this.#show() })
  }

  #stay (): void {
    this.touch()
    this.#listener.stay()
  }

  #withdraw (): void {
    if (!this.#shown) return
    this.#shown = false
    if (!this.#lost) this.#notice.hide()
    this.#listener.idle?.(undefined)
  }
}
