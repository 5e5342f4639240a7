import { bytes, duration } from './quantities.ts'
import { element } from './tools/markup.ts'
import { modes, modeWords, type Mode } from './modes.ts'

/** How a model came to the screen in one mode. */
export interface ModeRun {
  model: string
  mode: Mode
  /** Received until it was complete. */
  bytes: number
  /** Milliseconds from the click. */
  firstPicture: number
  complete: number
  /** The model was prepared for its first use meanwhile. */
  prepared: boolean
}

/** The modes compared for the model opened last: a table, once it was opened in two of them. */
export class ModeComparison {
  readonly #place: HTMLElement
  readonly #runs = new Map<string, Map<Mode, ModeRun>>()

  constructor (place: HTMLElement) {
    this.#place = place
  }

  /** The newest run of a model in a mode counts. */
  add (run: ModeRun): void {
    const runs = this.#runs.get(run.model) ?? new Map<Mode, ModeRun>()
    this.#runs.set(run.model, runs.set(run.mode, run))
    this.#place.hidden = runs.size < 2
    const cells = (name: 'th' | 'td', ...texts: string[]): HTMLElement[] => texts.map(text => element(name, '', text))
    const least = (of: (run: ModeRun) => number): number => Math.min(...[...runs.values()].map(of))
    const columns: Array<{ of: (run: ModeRun) => number, words: (value: number) => string }> = [
      { of: each => each.bytes, words: bytes },
      { of: each => each.firstPicture, words: duration },
      { of: each => each.complete, words: duration }
    ]
    const rows = modes.flatMap(mode => {
      const each = runs.get(mode)
      if (each === undefined) return [element('tr', '', element('th', '', modeWords(mode)), Object.assign(element('td', 'not-yet', 'not opened yet'), { colSpan: columns.length }))]
      return [element('tr', '', element('th', '', `${modeWords(mode)}${each.prepared ? '*' : ''}`), ...columns.map(({ of, words }) => element('td', of(each) === least(of) ? 'least' : '', words(of(each)))))]
    })
    this.#place.replaceChildren(
      element('h2', '', `${run.model}: the modes compared`),
      element('table', '', element('thead', '', element('tr', '', ...cells('th', '', 'Received', 'First picture', 'Complete'))), element('tbody', '', ...rows)),
      element('p', '', `Until the first view was complete, in this browser.${[...runs.values()].some(({ prepared }) => prepared) ? ' *With its preparation, which happens once.' : ''}`)
    )
  }
}
