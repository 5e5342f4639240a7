import { systemClock } from '../clock.ts'
import { Alerts } from './alerts.ts'
import { loadHoops } from './hwv/hoops-library.ts'
import { ViewCard } from './hwv/view-card.ts'
import { findViewerFiles, viewerScripts, type ViewerFiles } from './hwv/viewer-files.ts'
import { queryOf, wishOf, type ViewWish } from './hwv/view-wish.ts'
import { WishForm } from './hwv/wish-form.ts'
import { memoryHere } from './kept-here.ts'
import { fetchCatalogue } from './model-catalogue.ts'
import { required } from './required-element.ts'

// The page for the HOOPS Web Viewer, where its files are: public/hwv.html.

const alerts = new Alerts(required(document, '#alerts', HTMLElement))
const complain = (words: string): () => void => alerts.say(words)
const viewers = required(document, '#viewers', HTMLElement)
let files: ViewerFiles | null = null
const places = memoryHere<string>(() => 'places')
let card: ViewCard | undefined

const form = new WishForm(required(document, '#wish', HTMLFormElement), wish => { open(wish).catch(fail) })
form.wish = wishOf(location.search)
required(document, '#sought', HTMLElement).replaceChildren(...viewerScripts.map(({ name }) => {
  const line = document.createElement('li')
  line.append(Object.assign(document.createElement('code'), { textContent: name }))
  return line
}))
required(document, '#again', HTMLButtonElement).addEventListener('click', () => { location.reload() })

begin().catch(fail)

async function begin (): Promise<void> {
  const [found, catalogue] = await Promise.all([findViewerFiles(document.baseURI), fetchCatalogue().catch(fail)])
  files = found
  document.body.dataset['files'] = found === null ? 'absent' : 'present'
  if (catalogue !== undefined) form.offer(catalogue)
  if (found === null) return
  if (found.missingEngine !== null) complain(`${found.missingEngine} is not beside ${new URL(found.script).pathname}: the viewer needs it.`)
  form.enable()
  // A link that says what to view shows it at once.
  if (location.search !== '' && form.complete) await open(form.wish)
}

async function open (wish: ViewWish): Promise<void> {
  if (files === null) return
  history.replaceState(null, '', queryOf(wish))
  let place: string | undefined
  // Whoever asks again goes on in the same seat.
  if (wish.way === 'rest') {
    card?.depart(({ token }) => {
      place = token
      return true
    })
  }
  show(undefined)
  // Before a stream server is asked for, so that none is started in vain.
  const library = await loadHoops(files)
  const next = new ViewCard(library, files, wish, systemClock, complain, wish.way === 'rest' ? place ?? places.take()?.value : undefined)
  show(next)
  await next.start()
}

/** Puts this view in the place of the one before it, which ends. */
function show (next: ViewCard | undefined): void {
  card?.remove()
  card = next
  if (next === undefined) return
  viewers.append(next.element)
  next.element.scrollIntoView({ block: 'nearest', behavior: 'auto' })
}

function fail (error: unknown): undefined {
  complain(error instanceof Error ? error.message : String(error))
}

// A page that goes away ends its session; where it is loaded again it finds its seat. One that comes back from the browser's memory is loaded again.
addEventListener('pagehide', () => {
  card?.depart(({ token, seconds }) => places.keep(token, seconds))
})
addEventListener('pageshow', ({ persisted }) => { if (persisted) location.reload() })
