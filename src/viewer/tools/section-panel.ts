import type { Inspection } from './inspection.ts'
import { element, slider } from './markup.ts'
import type { Section } from './section.ts'

/** Which way the model is cut, and where. */
export class SectionPanel {
  readonly element = element('div', 'tool-row')
  readonly #inspection: Inspection
  readonly #slider: HTMLInputElement
  readonly #buttons = new Map<Section['axis'] | 'off', HTMLButtonElement>()
  #section: Section = { axis: 'x', position: 0.5, flipped: false }

  constructor (inspection: Inspection) {
    this.#inspection = inspection
    this.element.setAttribute('role', 'group')
    this.element.setAttribute('aria-label', 'Section plane')
    for (const axis of ['off', 'x', 'y', 'z'] as const) {
      const button = element('button', 'tool-text', axis === 'off' ? 'Off' : axis.toUpperCase())
      button.type = 'button'
      button.setAttribute('aria-label', axis === 'off' ? 'No section' : `Cut along ${axis.toUpperCase()}`)
      button.addEventListener('click', () => {
        if (axis === 'off') inspection.setSection(undefined)
        else this.#cut({ axis })
      })
      this.#buttons.set(axis, button)
      this.element.append(button)
    }
    this.#slider = slider('Position of the cut', 1, position => { this.#cut({ position }) })
    const flip = element('button', 'tool-text', 'Flip')
    flip.type = 'button'
    flip.addEventListener('click', () => { this.#cut({ flipped: !this.#section.flipped }) })
    this.element.append(this.#slider, flip)
    inspection.events.on('changed', () => { this.#draw() })
    this.#draw()
  }

  #cut (change: Partial<Section>): void {
    this.#inspection.setSection({ ...this.#section, ...change })
  }

  #draw (): void {
    const { section } = this.#inspection
    this.#section = section ?? this.#section
    this.#slider.valueAsNumber = this.#section.position
    for (const [axis, button] of this.#buttons) button.setAttribute('aria-pressed', String(axis === (section?.axis ?? 'off')))
  }
}
