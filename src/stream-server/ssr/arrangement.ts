import type { MarkMessage, Runs, StyleMessage } from '../protocol.ts'

type Style = Omit<StyleMessage, 'type'>

/** What the viewer has done with the model: which instances are selected and hidden, and how everything is shown. */
export class Arrangement {
  readonly #selected: Uint8Array
  readonly #hidden: Uint8Array
  #selections = 0
  #style: Style = { ghosts: false, edges: false, explosion: 0, section: null }

  constructor (instances: number) {
    this.#selected = new Uint8Array(instances)
    this.#hidden = new Uint8Array(instances)
  }

  get edges (): boolean {
    return this.#style.edges
  }

  get explosion (): number {
    return this.#style.explosion
  }

  /** Seen is where ax + by + cz + d >= 0; null: everything. */
  get section (): Style['section'] {
    return this.#style.section
  }

  isSelected (instance: number): boolean {
    return this.#selected[instance] === 1
  }

  isHidden (instance: number): boolean {
    return this.#hidden[instance] === 1
  }

  /** Only hinted at, since others are selected. */
  isGhost (instance: number): boolean {
    return this.#style.ghosts && this.#selections > 0 && this.#selected[instance] === 0
  }

  /** Unknown instances are ignored. */
  mark ({ what, runs, on }: Pick<MarkMessage, 'what' | 'runs' | 'on'>): void {
    fill(what === 'selected' ? this.#selected : this.#hidden, runs, Number(on))
    this.#selections = this.#selected.reduce((sum, value) => sum + value, 0)
  }

  style (style: Style): void {
    this.#style = style
  }
}

function fill (flags: Uint8Array, runs: Runs, value: number): void {
  for (let i = 0; i < runs.length; i += 2) flags.fill(value, runs[i], runs[i]! + runs[i + 1]!)
}
