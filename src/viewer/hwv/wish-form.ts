import { required } from '../required-element.ts'
import type { ModelCatalogue } from '../model-catalogue.ts'
import type { ViewWish, Way } from './view-wish.ts'

/** The form in which one says what to view and how. */
export class WishForm {
  readonly #form: HTMLFormElement

  /** `wished` is called with every wish that is complete. */
  constructor (form: HTMLFormElement, wished: (wish: ViewWish) => void) {
    this.#form = form
    form.addEventListener('change', () => { this.#showFields() })
    form.addEventListener('submit', event => {
      event.preventDefault()
      wished(this.wish)
    })
    this.#showFields()
  }

  get wish (): ViewWish {
    const told = new FormData(this.#form)
    const text = (name: string): string => {
      const value = told.get(name)
      return typeof value === 'string' ? value.trim() : ''
    }
    const way = this.#radios.find(({ checked }) => checked)?.value
    return {
      way: way === 'proxy' || way === 'scs' ? way : 'rest',
      model: text('model'),
      scs: text('scs'),
      renderer: text('renderer') === 'ssr' ? 'ssr' : 'csr',
      sessionToken: text('token')
    }
  }

  /** Fills the form in. */
  set wish ({ way, model, scs, renderer }: ViewWish) {
    for (const radio of this.#radios) radio.checked = radio.value === way
    this.#input('model').value = model
    this.#input('scs').value = scs
    required(this.#form, 'select', HTMLSelectElement).value = renderer
    this.#showFields()
  }

  /** Whether everything that the chosen way needs is filled in. */
  get complete (): boolean { return this.#form.checkValidity() }

  /** Takes in what the service has; with the embedded stream server, which speaks another language, files alone are left. */
  offer ({ streamServer, renderers, models }: ModelCatalogue): void {
    required(this.#form, 'datalist', HTMLDataListElement).replaceChildren(...models.map(model => new Option(model, model)))
    const choice = required(this.#form, 'select', HTMLSelectElement)
    for (const option of choice.options) option.disabled = !renderers.some(renderer => renderer === option.value)
    if (choice.selectedOptions[0]?.disabled !== false) choice.value = renderers[0] ?? ''
    if (streamServer === 'ts3d_sc_server') return
    for (const radio of this.#radios) {
      radio.disabled = radio.value !== 'scs'
      radio.checked = radio.value === 'scs'
    }
    required(this.#form, '[data-role=embedded]', HTMLElement).hidden = false
    this.#showFields()
  }

  enable (): void { required(this.#form, 'button', HTMLButtonElement).disabled = false }

  /** Only what the chosen way needs is shown, and only that must be filled in. */
  #showFields (): void {
    const { way } = this.wish
    for (const field of this.#form.querySelectorAll<HTMLElement>('[data-for]')) {
      const ways: readonly string[] = (field.dataset['for'] ?? '').split(' ')
      const needed = ways.includes(way satisfies Way)
      field.hidden = !needed
      for (const control of field.querySelectorAll('input')) control.disabled = !needed
    }
  }

  get #radios (): HTMLInputElement[] { return [...this.#form.querySelectorAll<HTMLInputElement>('input[name=way]')] }

  #input (name: string): HTMLInputElement { return required(this.#form, `input[name=${name}]`, HTMLInputElement) }
}
