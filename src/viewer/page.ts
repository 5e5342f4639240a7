import { systemClock } from '../clock.ts'
import { Alerts } from './alerts.ts'
import { keptHere } from './kept-here.ts'
import type { KeptSession } from './kept-sessions.ts'
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
const kept = keptHere()
const before: KeptSession[] = []
for (let each = kept.take(() => true); each !== undefined; each = kept.take(() => true)) before.push(each)
for (const each of before) show({ model: each.model, renderer: each.mode, streamServer: 'embedded' }, each)
// What the address asks for is there already when the page is loaded again.
catalogue.fetch().then(() => { choice.follow(new URLSearchParams(location.search), before.length === 0) }).catch(() => {})

function show (wish: ViewerWish, session?: KeptSession): void {
  const card = new ViewerCard(wish, systemClock, { complain, closed: each => { cards.delete(each) }, measured: run => { comparison.add(run) }, again: wish => { show(wish) } })
  cards.add(card)
  viewers.append(card.element)
  card.element.scrollIntoView({ block: 'nearest', behavior: 'auto' })
  card.start(session)
}

// Where the page is loaded again its sessions go on; one that comes back from the browser's memory is loaded again.
addEventListener('pagehide', () => {
  for (const card of cards) card.depart(kept)
  list.close()
})
addEventListener('pageshow', ({ persisted }) => { if (persisted) location.reload() })
