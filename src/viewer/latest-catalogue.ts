import { fetchCatalogue, type ModelCatalogue } from './model-catalogue.ts'

/** What the service offers, asked for again whenever its live events say that it changed, or that they were not heard for a while. */
export class LatestCatalogue {
  readonly #offered: (catalogue: ModelCatalogue) => void
  readonly #complain: (words: string) => () => void
  readonly #ask: () => Promise<ModelCatalogue>
  #takeBack = (): void => {}
  #asking: Promise<void> | undefined
  #stale = false
  #heard = false

  constructor (offered: (catalogue: ModelCatalogue) => void, complain: (words: string) => () => void, ask = fetchCatalogue) {
    this.#offered = offered
    this.#complain = complain
    this.#ask = ask
  }

  /** Takes one message of `/api/events`. */
  told (text: string): void {
    const changed = text.startsWith('{"type":"models"')
    const connected = text.startsWith('{"type":"sessions"')
    if (changed || (connected && this.#heard)) this.fetch().catch(() => {})
    this.#heard ||= connected
  }

  /** Asks the service. One question at a time: what is told meanwhile is asked once more. Resolves when the answer was offered, rejects when there is none. */
  fetch (): Promise<void> {
    if (this.#asking !== undefined) {
      this.#stale = true
      return this.#asking
    }
    this.#asking = this.#fetch().finally(() => { this.#asking = undefined })
    return this.#asking
  }

  async #fetch (): Promise<void> {
    try {
      do {
        this.#stale = false
        const catalogue = await this.#ask()
        this.#takeBack()
        this.#offered(catalogue)
      } while (this.#stale)
    } catch (error) {
      this.#takeBack()
      this.#takeBack = this.#complain(error instanceof Error ? error.message : String(error))
      throw error
    }
  }
}
