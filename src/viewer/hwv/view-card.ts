import type { Clock } from '../../clock.ts'
import { duration } from '../quantities.ts'
import { fromTemplate, required } from '../required-element.ts'
import type { Reentry } from '../server-connection.ts'
import { rendererWords } from '../session-words.ts'
import type { HoopsLibrary } from './hoops-library.ts'
import { HoopsView, type ViewPhase } from './hoops-view.ts'
import type { ViewerFiles } from './viewer-files.ts'
import { titleOf, wayNames, type ViewWish } from './view-wish.ts'

/** A view on the page: its picture, where it comes from, and what became of it. */
export class ViewCard {
  readonly element = fromTemplate('viewer-card')
  readonly #view: HoopsView
  readonly #clock: Clock
  readonly #started: number

  /** `complain` says what goes wrong short of the view's end, `before` is the token of the place that the view before had. The card has to be in the document before it is started. */
  constructor (library: HoopsLibrary, files: ViewerFiles, wish: ViewWish, clock: Clock, complain: (words: string) => void, before?: string) {
    this.#clock = clock
    this.#started = clock.now()
    const title = titleOf(wish)
    this.element.setAttribute('aria-label', `Viewer of ${title}`)
    this.#part('title').textContent = title
    this.#part('way').textContent = wish.way === 'scs' ? wayNames.scs : `${wayNames[wish.way]}, ${rendererWords(wish.renderer).toLowerCase()} rendering`
    this.#view = new HoopsView(library, files, wish, this.#part('viewer'), {
      reached: (phase, words) => { this.#reached(phase, words) },
      endpoint: uri => { this.#part('endpoint').textContent = uri },
      complain: words => { complain(`${title}: ${words}`) },
      idle: minutes => {
        this.#part('idle-words').textContent = `Nobody has used this viewer for a while. It closes in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}.`
        this.#part('idle').hidden = false
      }
    }, clock, before)
    this.#part('stay').addEventListener('click', () => {
      this.#view.stay()
      this.#part('idle').hidden = true
      this.#tell('Kept open.')
    })
    this.#part('shutdown').addEventListener('click', () => { this.#view.close() })
  }

  async start (): Promise<void> { await this.#view.start() }

  /** Takes the card off the page as `remove` does, but its view's place stays kept if `keep`, which hears how it is found, kept that. */
  depart (keep: (place: Reentry) => boolean): void {
    this.#view.depart(keep)
    this.element.remove()
  }

  /** Ends the view, if it is not over, gives its place back, and takes the card off the page. */
  remove (): void {
    this.#view.close()
    this.element.remove()
  }

  #reached (phase: ViewPhase, words: string): void {
    this.element.dataset['phase'] = phase
    this.#tell(words)
    if (phase !== 'closed' && phase !== 'failed') return
    this.#part('ended').textContent = words
    this.#part('idle').hidden = true
    required(this.element, '[data-role=shutdown]', HTMLButtonElement).disabled = true
  }

  #tell (words: string): void {
    const line = document.createElement('li')
    const time = Object.assign(document.createElement('b'), { textContent: duration(this.#clock.now() - this.#started) })
    line.append(time, ` ${words}`)
    this.#part('story').append(line)
  }

  #part (name: string): HTMLElement { return required(this.element, `[data-role=${name}]`, HTMLElement) }
}
