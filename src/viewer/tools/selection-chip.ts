import { amount, size } from '../quantities.ts'
import type { Inspection } from './inspection.ts'
import { element, iconButton } from './markup.ts'

/** What is selected, in words, with what can be done with it. */
export class SelectionChip {
  readonly element = element('div', 'selection-chip')
  readonly #inspection: Inspection
  readonly #name = element('strong', '')
  readonly #facts = element('span', '')

  constructor (inspection: Inspection) {
    this.#inspection = inspection
    this.element.hidden = true
    const words = element('p', '', this.#name, this.#facts)
    words.setAttribute('role', 'status')
    this.element.append(
      words,
      iconButton('fit', 'Fit selection', () => { inspection.fitSelection() }),
      iconButton('hide', 'Hide selection (H)', () => { inspection.hideSelection() }),
      iconButton('isolate', 'Isolate selection (I)', () => { inspection.isolate(inspection.selected) }),
      iconButton('clear', 'Clear selection (Esc)', () => { inspection.select([]) })
    )
    inspection.events.on('selection', () => { this.#draw() })
  }

  #draw (): void {
    const { properties } = this.#inspection
    this.element.hidden = properties === undefined
    if (properties === undefined) return
    const { name, part, instances, triangles } = properties
    this.#name.textContent = name
    const facts = [
      part === undefined || part === name ? '' : `part ${part}`,
      instances === undefined ? '' : instances === 1 ? 'the only instance' : `${amount(instances)} instances`,
      `${amount(triangles)} triangles`,
      size(properties.size)
    ]
    this.#facts.textContent = facts.filter(fact => fact !== '').join(' · ')
  }
}
