import { Vector3 } from 'three'
import { EventHub } from '../event-hub.ts'
import type { Assembly, Properties } from './assembly.ts'
import type { Exhibit } from './exhibit.ts'
import { explosionOf } from './explosion.ts'
import type { Hit } from './picker.ts'
import { planeOf } from './section.ts'
import type { Section } from './section.ts'

export const standardViews = {
  iso: new Vector3(1, 0.8, 1).normalize(),
  front: new Vector3(0, 0, 1),
  top: new Vector3(0, 1, 0),
  right: new Vector3(1, 0, 0)
}
export type StandardView = keyof typeof standardViews

interface InspectionEvents {
  selection: readonly number[]
  visibility: { hidden: number }
  changed: undefined
  /** A frame was drawn: what lies over the picture may have to move. */
  drawn: undefined
}

/** What somebody does with a model that is shown: selects, hides, cuts, takes apart. */
export class Inspection {
  readonly assembly: Assembly
  readonly events = new EventHub<InspectionEvents>()
  readonly #exhibit: Exhibit
  readonly #selected = new Set<number>()
  readonly #hidden = new Set<number>()
  #ghosts = false
  #section: Section | undefined
  #explosion = 0

  constructor (assembly: Assembly, exhibit: Exhibit) {
    this.assembly = assembly
    this.#exhibit = exhibit
  }

  /** Indices into the scene's instances. */
  get selected (): readonly number[] {
    return [...this.#selected]
  }

  get hidden (): readonly number[] {
    return [...this.#hidden]
  }

  get properties (): Properties | undefined {
    return this.assembly.properties(this.selected)
  }

  get ghosts (): boolean {
    return this.#ghosts
  }

  get edges (): boolean {
    return this.#exhibit.edges
  }

  get section (): Section | undefined {
    return this.#section
  }

  /** 0: as the scene has it. */
  get explosion (): number {
    return this.#explosion
  }

  /** Selects these and nothing else, or with `add` these too; one that was selected already is then left out. */
  select (instances: Iterable<number>, add = false): void {
    const given = this.#known(instances)
    if (!add) this.#selected.clear()
    for (const instance of given) {
      if (add && this.#selected.has(instance)) this.#selected.delete(instance)
      else this.#selected.add(instance)
    }
    this.#paint()
    this.events.tell('selection', this.selected)
  }

  hide (instances: Iterable<number>): void {
    for (const instance of this.#known(instances)) this.#hidden.add(instance)
    this.#uncover()
  }

  /** Hides what is selected, and selects nothing. */
  hideSelection (): void {
    if (this.#selected.size === 0) return
    this.hide(this.#selected)
    this.select([])
  }

  show (instances: Iterable<number>): void {
    for (const instance of this.#known(instances)) this.#hidden.delete(instance)
    this.#uncover()
  }

  showAll (): void {
    this.#hidden.clear()
    this.#uncover()
  }

  /** Hides everything else. */
  isolate (instances: Iterable<number>): void {
    const kept = new Set(this.#known(instances))
    if (kept.size === 0) return
    this.#hidden.clear()
    for (let instance = 0; instance < this.#count; instance++) if (!kept.has(instance)) this.#hidden.add(instance)
    this.#uncover()
  }

  isHidden (instance: number): boolean {
    return this.#hidden.has(instance)
  }

  /** While something is selected, everything else is only hinted at. */
  setGhosts (on: boolean): void {
    this.#ghosts = on
    this.#paint()
  }

  setEdges (on: boolean): void {
    this.#exhibit.setEdges(on)
    this.#changed()
  }

  setSection (section: Section | undefined): void {
    this.#section = section
    this.#exhibit.cut(section === undefined ? undefined : planeOf(section, this.assembly.scene))
    this.#changed()
  }

  /** 0 brings everything back together, 1 moves each instance as far again from the middle as it is. */
  explode (factor: number): void {
    this.#explosion = Math.min(Math.max(factor, 0), 3)
    this.#exhibit.explode(this.#explosion, explosionOf(this.assembly, this.#explosion))
    this.#exhibit.viewpoint.stretch(1 + this.#explosion)
    this.#changed()
  }

  view (name: StandardView): void {
    this.#exhibit.viewpoint.look(standardViews[name])
  }

  /** Brings the selection into view, or the whole model when nothing is selected. */
  fitSelection (): void {
    if (this.#selected.size === 0) this.#exhibit.viewpoint.fit()
    else this.#exhibit.viewpoint.fit(this.assembly.extent(this.selected, explosionOf(this.assembly, this.#explosion)))
  }

  /** What is at a point of the canvas, in CSS pixels from its upper left corner. */
  async pick (x: number, y: number): Promise<Hit | undefined> {
    return await this.#exhibit.pick(x, y)
  }

  /** Where a point of the world is seen, as `pick` takes it; undefined behind the camera. */
  seen (point: Vector3): { x: number, y: number } | undefined {
    return this.#exhibit.viewpoint.seen(point)
  }

  /** The picture as a PNG. */
  async picture (): Promise<Blob> {
    return await this.#exhibit.picture()
  }

  close (): void {
    this.events.clear()
    this.#exhibit.close()
  }

  get #count (): number {
    return this.assembly.scene.instances.length
  }

  #known (instances: Iterable<number>): number[] {
    return [...instances].filter(instance => Number.isInteger(instance) && instance >= 0 && instance < this.#count)
  }

  #paint (): void {
    this.#exhibit.paint(this.#selected, this.#ghosts)
    this.#changed()
  }

  #uncover (): void {
    this.#exhibit.uncover(this.#hidden)
    this.events.tell('visibility', { hidden: this.#hidden.size })
    this.#changed()
  }

  #changed (): void {
    this.#exhibit.invalidate()
    this.events.tell('changed', undefined)
  }
}
