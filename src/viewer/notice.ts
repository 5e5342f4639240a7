import { element } from './tools/markup.ts'

/** What a viewer has to say over its picture, with at most one thing to do about it. */
export class Notice {
  readonly element = element('div', 'slipway-notice')
  readonly #words = element('p', '')
  readonly #button = element('button', '')
  #action = (): void => {}

  constructor () {
    this.#words.setAttribute('role', 'status')
    this.#button.type = 'button'
    this.#button.addEventListener('click', () => { this.#action() })
    this.element.append(this.#words, this.#button)
    this.hide()
  }

  say (words: string, act?: { label: string, action: () => void }): void {
    this.#words.textContent = words
    this.#button.hidden = act === undefined
    this.#button.textContent = act?.label ?? ''
    this.#action = act?.action ?? (() => {})
    this.element.hidden = false
  }

  hide (): void {
    this.element.hidden = true
  }
}
