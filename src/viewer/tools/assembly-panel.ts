import type { Inspection } from './inspection.ts'
import { element, iconButton } from './markup.ts'

/** Rows under one node, or found by a search; more would only be scrolled past. */
const most = 300

/** The assembly's tree beside the picture: opened branch by branch, searched, with what each row may hide or select. */
export class AssemblyPanel {
  readonly element = element('section', 'assembly-panel')
  readonly #inspection: Inspection
  readonly #tree = element('ul', '')
  readonly #search = element('input', '')
  /** What each drawn row stands for. */
  readonly #rows = new Map<HTMLElement, { instances: number[], name: HTMLButtonElement, eye: HTMLButtonElement }>()

  constructor (inspection: Inspection) {
    this.#inspection = inspection
    this.element.hidden = true
    this.element.setAttribute('aria-label', 'Assembly')
    this.#search.type = 'search'
    this.#search.placeholder = 'Search'
    this.#search.setAttribute('aria-label', 'Search the assembly')
    this.#search.addEventListener('input', () => { this.#fill() })
    this.#tree.setAttribute('aria-label', 'Assembly tree')
    this.element.append(this.#search, this.#tree)
    inspection.events.on('changed', () => { if (!this.element.hidden) this.#draw() })
  }

  get open (): boolean {
    return !this.element.hidden
  }

  toggle (): void {
    this.element.hidden = !this.element.hidden
    if (this.element.hidden) return
    if (this.#rows.size === 0) this.#fill()
    this.#draw()
    this.#search.focus()
  }

  #fill (): void {
    const { assembly } = this.#inspection
    const words = this.#search.value
    this.#rows.clear()
    if (words.trim() !== '') return this.#list(this.#tree, assembly.search(words, most + 1), 'Nothing has this name.')
    // A root with nothing beside it says no more than the model's name.
    let top = assembly.children(-1)
    for (let next = top; next.length === 1; next = assembly.children(next[0] ?? -1)) if (assembly.children(next[0] ?? -1).length > 0) top = assembly.children(next[0] ?? -1)
    this.#list(this.#tree, top, 'The model has no parts.')
  }

  #list (into: HTMLUListElement, nodes: readonly number[], nothing: string): void {
    into.replaceChildren(...nodes.slice(0, most).map(node => this.#row(node)))
    if (nodes.length === 0) into.append(element('li', 'more', nothing))
    if (nodes.length > most) into.append(element('li', 'more', `and ${nodes.length - most} more: search to find them`))
    this.#draw()
  }

  #row (node: number): HTMLLIElement {
    const { assembly } = this.#inspection
    const instances = assembly.below(node)
    const label = assembly.name(node)
    const name = element('button', 'name', label)
    name.type = 'button'
    name.addEventListener('click', event => { this.#inspection.select(instances, event.ctrlKey || event.metaKey || event.shiftKey) })
    const eye = iconButton('show', `Hide ${label}`, () => {
      if (instances.every(instance => this.#inspection.isHidden(instance))) this.#inspection.show(instances)
      else this.#inspection.hide(instances)
    })
    const line = element('div', '', name, eye)
    const row = element('li', '', line)
    const children = assembly.children(node)
    if (children.length > 0) line.prepend(this.#twisty(row, label, children))
    this.#rows.set(row, { instances, name, eye })
    return row
  }

  #twisty (row: HTMLLIElement, label: string, children: readonly number[]): HTMLButtonElement {
    const twisty = element('button', 'twisty')
    twisty.type = 'button'
    twisty.setAttribute('aria-label', `Parts of ${label}`)
    twisty.setAttribute('aria-expanded', 'false')
    twisty.addEventListener('click', () => {
      const open = twisty.getAttribute('aria-expanded') !== 'true'
      twisty.setAttribute('aria-expanded', String(open))
      const old = row.querySelector(':scope > ul')
      if (!open) {
        for (const li of old?.querySelectorAll('li') ?? []) this.#rows.delete(li)
        return old?.remove()
      }
      const list = element('ul', '')
      row.append(list)
      this.#list(list, children, '')
    })
    return twisty
  }

  #draw (): void {
    const selected = new Set(this.#inspection.selected)
    for (const [row, { instances, name, eye }] of this.#rows) {
      const hidden = instances.length > 0 && instances.every(instance => this.#inspection.isHidden(instance))
      row.classList.toggle('is-hidden', hidden)
      name.setAttribute('aria-pressed', String(instances.some(instance => selected.has(instance))))
      eye.setAttribute('aria-pressed', String(hidden))
      eye.disabled = instances.length === 0
    }
  }
}
