import { AssemblyPanel } from './assembly-panel.ts'
import type { Inspection, StandardView } from './inspection.ts'
import { element, iconButton, slider, type Icon } from './markup.ts'
import { MeasureTool } from './measure-tool.ts'
import { Pointing } from './pointing.ts'
import { SectionPanel } from './section-panel.ts'
import { SelectionChip } from './selection-chip.ts'

const views: Array<[StandardView, string]> = [['iso', 'Isometric'], ['front', 'Front'], ['top', 'Top'], ['right', 'Right']]

/** The tools over a viewer's picture: a bar of buttons, a panel above it, the assembly beside it, and what is selected. */
export class Toolbar {
  readonly #inspection: Inspection
  readonly #root = element('div', 'slipway-tools')
  readonly #bar = element('div', 'toolbar')
  readonly #panel = element('div', 'tool-panel')
  readonly #openers = new Map<HTMLButtonElement, HTMLElement>()
  readonly #toggles = new Map<HTMLButtonElement, () => boolean>()
  readonly #assembly: AssemblyPanel
  readonly #measure: MeasureTool
  readonly #pointing: Pointing
  readonly #name: string

  /** `stage` holds the canvas and nothing that is above it; `name` is what a saved picture is called. */
  constructor (stage: HTMLElement, canvas: HTMLCanvasElement, inspection: Inspection, name: string) {
    this.#inspection = inspection
    this.#name = name
    this.#assembly = new AssemblyPanel(inspection)
    this.#measure = new MeasureTool(inspection)
    this.#pointing = new Pointing(canvas, inspection, this.#measure)
    this.#panel.hidden = true
    this.#bar.setAttribute('role', 'toolbar')
    this.#bar.setAttribute('aria-label', 'Tools')
    this.#toggle('tree', 'Assembly tree', () => this.#assembly.open, () => { this.#assembly.toggle() })
    this.#opener('views', 'Views', this.#viewChoice())
    this.#opener('section', 'Section plane', new SectionPanel(inspection).element)
    this.#opener('explode', 'Explode', this.#explosion())
    this.#toggle('ghost', 'Ghost what is not selected', () => inspection.ghosts, () => { inspection.setGhosts(!inspection.ghosts) })
    this.#toggle('edges', 'Feature edges', () => inspection.edges, () => { inspection.setEdges(!inspection.edges) })
    this.#toggle('measure', 'Measure a distance', () => this.#measure.on, () => { this.#measure.set(!this.#measure.on) })
    this.#bar.append(
      iconButton('show', 'Show all', () => { inspection.showAll() }),
      iconButton('picture', 'Save picture', () => { this.#savePicture().catch((error: unknown) => { console.error(error) }) })
    )
    const more = iconButton('more', 'Tools', () => {
      this.#root.classList.toggle('is-open')
      this.#draw()
    })
    more.classList.add('tools-more')
    this.#toggles.set(more, () => this.#root.classList.contains('is-open'))
    this.#root.append(this.#measure.element, new SelectionChip(inspection).element, this.#assembly.element, this.#panel, this.#bar, more)
    stage.append(this.#root)
    inspection.events.on('changed', () => { this.#draw() })
    this.#root.addEventListener('keydown', event => {
      if (event.key !== 'Escape') return
      this.#open(undefined)
      canvas.focus()
    })
    this.#draw()
  }

  /** Twice is nothing. */
  close (): void {
    this.#pointing.close()
    this.#root.remove()
  }

  #toggle (icon: Icon, label: string, isOn: () => boolean, pressed: () => void): void {
    const button = iconButton(icon, label, () => {
      pressed()
      this.#draw()
    })
    this.#toggles.set(button, isOn)
    this.#bar.append(button)
  }

  #opener (icon: Icon, label: string, content: HTMLElement): void {
    const button = iconButton(icon, label, () => { this.#open(this.#panel.contains(content) && !this.#panel.hidden ? undefined : button) })
    this.#openers.set(button, content)
    this.#bar.append(button)
  }

  #open (opener: HTMLButtonElement | undefined): void {
    const content = opener === undefined ? undefined : this.#openers.get(opener)
    this.#panel.hidden = content === undefined
    this.#panel.replaceChildren(...content === undefined ? [] : [content])
    for (const button of this.#openers.keys()) button.setAttribute('aria-expanded', String(button === opener))
  }

  #draw (): void {
    for (const [button, isOn] of this.#toggles) button.setAttribute('aria-pressed', String(isOn()))
  }

  #viewChoice (): HTMLElement {
    const choice = element('div', 'tool-row')
    choice.setAttribute('role', 'group')
    choice.setAttribute('aria-label', 'Standard views')
    for (const [view, label] of views) {
      const button = element('button', 'tool-text', label)
      button.type = 'button'
      button.addEventListener('click', () => { this.#inspection.view(view) })
      choice.append(button)
    }
    const fit = element('button', 'tool-text', 'Fit selection')
    fit.type = 'button'
    fit.addEventListener('click', () => { this.#inspection.fitSelection() })
    choice.append(fit)
    return choice
  }

  #explosion (): HTMLElement {
    return element('label', 'tool-row', 'Explode', slider('Explode', 2, value => { this.#inspection.explode(value) }))
  }

  async #savePicture (): Promise<void> {
    const url = URL.createObjectURL(await this.#inspection.picture())
    const link = element('a', '')
    link.href = url
    link.download = `${this.#name}.png`
    link.click()
    URL.revokeObjectURL(url)
  }
}
