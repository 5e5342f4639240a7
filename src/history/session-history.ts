import type { Transition } from './transition.ts'

/** Most steps kept of one session; a viewer may come and go for days. */
const mostSteps = 200

/** How a session came into being: the steps that stay, whatever follows. */
const firstSteps = 20

/** What is known of one session's steps, oldest first. */
export interface Story {
  steps: readonly Transition[]
  /** Steps in the middle that are no longer kept. */
  leftOut: number
}

/** Every step of every session that lives, and of those that ended last. Bounded in sessions and in steps of each. */
export class SessionHistory {
  readonly #most: number
  readonly #living = new Map<string, Book>()
  /** In the order of their end. */
  readonly #ended = new Map<string, Book>()

  /** @param most ended sessions that are remembered, from 1 */
  constructor (most: number) {
    this.#most = most
  }

  /** @param over whether nothing follows this step */
  add (id: string, step: Transition, over: boolean): void {
    const book = this.#living.get(id) ?? this.#ended.get(id) ?? { steps: [], leftOut: 0 }
    book.steps.push(step)
    if (book.steps.length > mostSteps) book.leftOut += book.steps.splice(firstSteps, mostSteps / 2).length
    if (!over) {
      this.#living.set(id, book)
      return
    }
    this.#living.delete(id)
    this.#ended.set(id, book)
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= this.#most) break
      this.#ended.delete(oldest)
    }
  }

  /** The steps of a session that lives which another service has seen. */
  recall (id: string, steps: readonly Transition[]): void {
    for (const step of steps) this.add(id, step, false)
  }

  /** `undefined`: no such session is remembered. */
  of (id: string): Story | undefined { return this.#living.get(id) ?? this.#ended.get(id) }
}

interface Book { steps: Transition[], leftOut: number }
