import type { IsolationOptions } from '../../src/crashes/isolation.ts'
import type { SessionView } from '../../src/sessions/session.ts'
import type { State } from '../../src/sessions/transitions.ts'
import type { OpenResult } from '../../src/spawning/outcome.ts'
import type { Spawner } from '../../src/spawning/spawner.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** Milliseconds a viewer has to stay on a trial. */
const proof = 30_000

/** Whether anybody may have a model. */
export type Verdict = 'free' | 'isolated'

interface Book {
  crashes: number[]
  until: number | null
  trial: { id: string, since: number | null } | null
  /** Its trial went on while timers were late: it may have passed or not. */
  unclear: boolean
}

/** Keeps the books of what crashed and whom that keeps out: the rule once more, from what the spawner tells. */
export class CrashLedger {
  /** A session was stopped for a model that is not isolated. */
  fault: string | undefined
  readonly #clock: VirtualClock
  readonly #rule: Omit<IsolationOptions, 'clock'>
  readonly #books = new Map<string, Book>()

  /** Sessions that were taken over when they had been told to end. */
  readonly #ending = new Set<string>()
  /** Sessions whose viewer named a model that is isolated, before anybody was told of them. */
  #stopped = 0

  /** @param before of the service before: what is isolated stays so, and who was trying does so no more */
  constructor (spawner: Spawner, clock: VirtualClock, rule: Omit<IsolationOptions, 'clock'>, before?: CrashLedger) {
    this.#clock = clock
    this.#rule = rule
    if (before !== undefined) this.#inherit(before)
    spawner.on('session', (session, from) => { this.#moved(session, from) })
    spawner.on('named', session => { this.#begins(session) })
  }

  /** Whether somebody who asks for the model now has to be turned away; undefined: either would do. */
  verdict (model: string | null): Verdict | undefined {
    this.#settle()
    const book = model === null ? undefined : this.#books.get(model)
    if (book?.unclear === true) return undefined
    if (book === undefined || book.until === null) return 'free'
    if (this.#clock.now() < book.until) return 'isolated'
    return book.trial === null ? 'free' : 'isolated'
  }

  /** What is wrong with an answer to somebody of whom the verdict was this. */
  misjudged (expected: Verdict | undefined, { status }: OpenResult): string | undefined {
    if (expected === 'free' && status === 'isolated' && this.#stopped-- === 0) return 'a caller was turned away for a model that is not isolated'
    if (expected === 'isolated' && status !== 'isolated' && status !== 'draining' && status !== 'cancelled') return `a caller who asked for a model that is isolated was answered ${status}`
    return undefined
  }

  #inherit (before: CrashLedger): void {
    before.#settle()
    for (const [model, { crashes, until, unclear }] of before.#books) {
      // Nobody has tried it for so long that its crashes would not count either.
      const stale = until !== null && this.#clock.now() - until > this.#rule.window
      if (until !== null && !stale) this.#books.set(model, { crashes: crashes.slice(-this.#rule.limit), until, trial: null, unclear })
    }
  }

  /** A trial whose viewer has stayed has passed, once its timer has run. */
  #settle (): void {
    for (const [model, book] of this.#books) {
      if (book.trial?.since == null || this.#clock.now() < book.trial.since + proof) continue
      if (this.#clock.late) book.unclear = true
      else this.#books.delete(model)
    }
  }

  #begins ({ id, model, state }: SessionView): void {
    const book = model === null ? undefined : this.#books.get(model)
    if (book === undefined || book.until === null || book.trial !== null || this.#clock.now() < book.until) return
    book.trial = { id, since: state === 'connected' ? this.#clock.now() : null }
  }

  #moved (session: SessionView, from: State | null): void {
    const { id, model, state, reason, exit, endedAt } = session
    const now = this.#clock.now()
    this.#settle()
    if (from === null) this.#begins(session)
    if (from === null && reason !== null) this.#ending.add(id)
    if (reason === 'model_isolated' && from !== 'draining' && !this.#ending.has(id)) {
      this.#stopped++
      if (this.verdict(model) === 'free') this.fault = `${id} was stopped for a model that is not isolated`
    }
    for (const book of this.#books.values()) {
      if (book.trial?.id !== id) continue
      book.trial.since = state === 'connected' ? now : null
      if (endedAt !== null) book.trial = null
    }
    if (endedAt === null || model === null || this.#rule.limit === 0) return
    const blamed = (reason === 'crashed' && exit !== null && [1, 3].includes(exit.code ?? 0)) || (reason === 'killed_by_signal' && exit?.signal !== 'SIGTERM')
    if (!blamed) return
    const book = this.#books.get(model) ?? { crashes: [], until: null, trial: null, unclear: false }
    this.#books.set(model, book)
    book.crashes = [...book.crashes.filter(at => now - at <= this.#rule.window), now]
    if (book.until !== null || book.crashes.length >= this.#rule.limit) book.until = now + this.#rule.pause
  }
}
