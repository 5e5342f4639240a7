import { systemClock } from '../clock.ts'
import { Alerts } from './alerts.ts'
import { LatestCatalogue } from './latest-catalogue.ts'
import { ModeComparison } from './mode-comparison.ts'
import { required } from './required-element.ts'
import { SessionList } from './session-list.ts'
import { UploadList } from './upload-list.ts'
import { ViewerCard, type ViewerWish } from './viewer-card.ts'
import { ViewerChoice } from './viewer-choice.ts'

const alerts = new Alerts(required(document, '#alerts', HTMLElement))
const viewers = required(document, '#viewers', HTMLElement)
const cards = new Set<ViewerCard>()
const comparison = new ModeComparison(required(document, '#comparison', HTMLElement))
const complain = (words: string): () => void => alerts.say(words)

const choice = new ViewerChoice(required(document, '#create', HTMLFormElement), { complain, chosen: show })
const uploads = new UploadList(required(document, '#uploads', HTMLElement), required(document, '#add', HTMLElement), model => {
  catalogue.fetch().then(() => { choice.choose(model) }).catch(() => {})
})
const catalogue = new LatestCatalogue(offered => {
  choice.offer(offered)
  uploads.offer(offered.upload)
}, complain)
const list = new SessionList(required(document, '#instances', HTMLElement), systemClock, complain, text => { catalogue.told(text) })
list.start()
catalogue.fetch().then(() => { choice.follow(new URLSearchParams(location.search)) }).catch(() => {})

function show (wish: ViewerWish): void {
  const card = new ViewerCard(wish, systemClock, { complain, closed: each => { cards.delete(each) }, measured: run => { comparison.add(run) }, again: show })
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
