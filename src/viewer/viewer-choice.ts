import { canDraw } from './can-draw.ts'
import type { ModelCatalogue } from './model-catalogue.ts'
import { modeWords } from './modes.ts'
import { required } from './required-element.ts'
import type { ViewerWish } from './viewer-card.ts'

export interface ChoiceListener {
  /** Says what went wrong; the answer takes it back. */
  complain (words: string): () => void
  chosen (wish: ViewerWish): void
}

/** The form in which a model and a renderer are chosen, kept as the service's offer is. */
export class ViewerChoice {
  readonly #models: HTMLSelectElement
  readonly #renderers: HTMLSelectElement
  readonly #create: HTMLButtonElement
  readonly #listener: ChoiceListener
  #catalogue: ModelCatalogue | undefined
  #takeBack: Array<() => void> = []

  constructor (form: HTMLFormElement, listener: ChoiceListener) {
    this.#models = required(form, '#model', HTMLSelectElement)
    this.#renderers = required(form, '#renderer', HTMLSelectElement)
    this.#create = required(form, 'button', HTMLButtonElement)
    this.#listener = listener
    form.addEventListener('submit', event => {
      event.preventDefault()
      this.#choose()
    })
  }

  /** What there is now. What was chosen stays so as long as it is there; at first it is what this browser can show. */
  offer (catalogue: ModelCatalogue): void {
    const first = this.#catalogue === undefined
    this.#catalogue = catalogue
    fill(this.#models, catalogue.models.map(model => [model, model]))
    fill(this.#renderers, catalogue.renderers.map(renderer => [renderer, modeWords(renderer)]))
    if (first && catalogue.streamServer === 'embedded' && catalogue.renderers.includes('ssr') && !canDraw()) this.#renderers.value = 'ssr'
    for (const takeBack of this.#takeBack.splice(0)) takeBack()
    if (catalogue.models.length === 0) this.#miss('The service has no model to show. Put one into its model folder.')
    if (catalogue.renderers.length === 0) this.#miss('The service offers no renderer.')
    const nothing = catalogue.models.length === 0 || catalogue.renderers.length === 0
    for (const control of [this.#models, this.#renderers, this.#create]) control.disabled = nothing
  }

  /** Chooses what an address asks for, `?model=…&mode=…`; with both the viewer is opened at once, if it `mayOpen`. */
  follow (wish: URLSearchParams, mayOpen: boolean): void {
    const { models = [], renderers = [] } = this.#catalogue ?? {}
    const model = models.find(each => each === wish.get('model'))
    const mode = renderers.find(each => each === wish.get('mode'))
    if (wish.has('model') && model === undefined) this.#listener.complain(`There is no model named “${wish.get('model') ?? ''}” here.`)
    if (wish.has('mode') && mode === undefined) this.#listener.complain(`The renderer “${wish.get('mode') ?? ''}” is not offered here.`)
    if (model !== undefined) this.#models.value = model
    if (mode !== undefined) this.#renderers.value = mode
    if (mayOpen && model !== undefined && mode !== undefined) this.#choose()
  }

  /** Chooses a model, where there is one of this name. */
  choose (model: string): void {
    if (this.#catalogue?.models.includes(model) === true) this.#models.value = model
  }

  #choose (): void {
    const renderer = this.#catalogue?.renderers.find(each => each === this.#renderers.value)
    if (this.#catalogue === undefined || renderer === undefined || this.#models.value === '') return
    this.#listener.chosen({ model: this.#models.value, renderer, streamServer: this.#catalogue.streamServer })
  }

  #miss (words: string): void {
    this.#takeBack.push(this.#listener.complain(words))
  }
}

/** Options that stay are not touched, so that an open list does not close. */
function fill (select: HTMLSelectElement, options: Array<[value: string, text: string]>): void {
  const { value } = select
  const known = new Map([...select.options].map(option => [option.value, option]))
  const wanted = new Set(options.map(([each]) => each))
  for (const [each, option] of known) if (!wanted.has(each)) option.remove()
  options.forEach(([each, text], place) => {
    const option = known.get(each) ?? new Option(text, each)
    if (select.options[place] !== option) select.add(option, place)
  })
  if (wanted.has(value)) select.value = value
}
