import { systemClock } from '../clock.ts'
import { Alerts } from './alerts.ts'
import { fetchCatalogue } from './model-catalogue.ts'
import type { ModelCatalogue } from './model-catalogue.ts'
import { required } from './required-element.ts'
import { SessionList } from './session-list.ts'
import { rendererWords } from './session-words.ts'
import { ViewerCard, type ViewerWish } from './viewer-card.ts'

const alerts = new Alerts(required(document, '#alerts', HTMLElement))
const form = required(document, '#create', HTMLFormElement)
const models = required(form, '#model', HTMLSelectElement)
const renderers = required(form, '#renderer', HTMLSelectElement)
const create = required(form, 'button', HTMLButtonElement)
const viewers = required(document, '#viewers', HTMLElement)
const cards = new Set<ViewerCard>()
const complain = (words: string): () => void => alerts.say(words)

const list = new SessionList(required(document, '#instances', HTMLElement), systemClock, complain)
list.start()

fetchCatalogue().then(offer).catch((error: unknown) => { complain(error instanceof Error ? error.message : String(error)) })

function offer (catalogue: ModelCatalogue): void {
  models.replaceChildren(...catalogue.models.map(model => new Option(model, model)))
  renderers.replaceChildren(...catalogue.renderers.map(renderer => new Option(rendererWords(renderer), renderer)))
  const wish = new URLSearchParams(location.search)
  const wished = wish.get('model')
  if (wished !== null && catalogue.models.includes(wished)) models.value = wished
  else if (wished !== null) complain(`There is no model named “${wished}” here.`)
  if (catalogue.models.length === 0) complain('The service has no model to show. Put one into its model folder and load this page again.')
  if (catalogue.renderers.length === 0) complain('The service offers no renderer.')
  if (catalogue.models.length === 0 || catalogue.renderers.length === 0) return
  for (const control of [models, renderers, create]) control.disabled = false
  form.addEventListener('submit', event => {
    event.preventDefault()
    open(catalogue)
  })
  const mode = catalogue.renderers.find(renderer => renderer === wish.get('mode'))
  if (wish.has('mode') && mode === undefined) complain(`The renderer “${wish.get('mode') ?? ''}” is not offered here.`)
  if (mode === undefined || wished === null || !catalogue.models.includes(wished)) return
  renderers.value = mode
  open(catalogue)
}

function open ({ streamServer }: ModelCatalogue): void {
  show({ model: models.value, renderer: renderers.value === 'ssr' ? 'ssr' : 'csr', streamServer })
}

function show (wish: ViewerWish): void {
  const card = new ViewerCard(wish, systemClock, { complain, closed: each => { cards.delete(each) }, again: show })
  cards.add(card)
  viewers.append(card.element)
  card.element.scrollIntoView({ block: 'nearest', behavior: 'auto' })
  card.start()
}

// A page that goes away ends its sessions at once; one that comes back from the browser's memory starts afresh.
addEventListener('pagehide', () => {
  for (const card of cards) card.close()
  list.close()
})
addEventListener('pageshow', ({ persisted }) => { if (persisted) location.reload() })
