/** Tells typed events to whoever listens. `Events` maps each event's name to what is told with it. */
export class EventHub<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(told: never) => void>>()

  /** The answer stops listening; calling it twice is nothing. */
  on<Name extends keyof Events> (name: Name, listener: (told: Events[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    listeners.add(listener)
    return () => { listeners.delete(listener) }
  }

  /** A listener that throws does not keep the others from hearing. */
  tell<Name extends keyof Events> (name: Name, told: Events[Name]): void {
    for (const listener of [...this.#listeners.get(name) ?? []] as Array<(told: Events[Name]) => void>) {
      try {
        listener(told)
      } catch (error) {
        console.error(error)
      }
    }
  }

  clear (): void {
    this.#listeners.clear()
  }
}
