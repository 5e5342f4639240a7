import { fromTemplate, required } from './required-element.ts'

/** Says what went wrong, in the page's alert region, until it is dismissed. The same sentence is not said twice. */
export class Alerts {
  readonly #region: HTMLElement

  constructor (region: HTMLElement) {
    this.#region = region
  }

  /** The answer takes the sentence back. */
  say (words: string): () => void {
    for (const shown of this.#region.children) {
      if (shown.querySelector('p')?.textContent === words) shown.remove()
    }
    const alert = fromTemplate('alert')
    required(alert, 'p', HTMLParagraphElement).textContent = words
    required(alert, 'button', HTMLButtonElement).addEventListener('click', () => { alert.remove() })
    this.#region.append(alert)
    while (this.#region.childElementCount > 3) this.#region.firstElementChild?.remove()
    return () => { alert.remove() }
  }
}
