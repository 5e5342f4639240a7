import type { Plane } from 'three'
import type { ArrangementFeed } from '../arrangement-feed.ts'
import type { PartStore } from '../part-store.ts'
import type { Stage } from '../stage.ts'
import type { Viewpoint } from '../viewpoint.ts'
import type { Assembly } from './assembly.ts'
import type { Displacement } from './displacement.ts'
import { EdgeOverlay } from './edge-overlay.ts'
import type { Exhibit } from './exhibit.ts'
import { Picker } from './picker.ts'
import type { Hit } from './picker.ts'

/** A model that the browser draws. Of what is done with it the stream server is told what bears on what it sends. */
export class DrawnExhibit implements Exhibit {
  readonly #count: number
  readonly #store: PartStore
  readonly #stage: Stage
  readonly #feed: ArrangementFeed
  readonly #picker: Picker
  readonly #edges: EdgeOverlay
  #hidden: ReadonlySet<number> = new Set()
  #plane: Plane | undefined
  #displacement: Displacement | undefined

  constructor (assembly: Assembly, store: PartStore, stage: Stage, feed: ArrangementFeed) {
    this.#count = assembly.scene.instances.length
    this.#store = store
    this.#stage = stage
    this.#feed = feed
    this.#picker = new Picker(assembly, store)
    this.#edges = new EdgeOverlay(assembly, store, instance => !this.#hidden.has(instance), () => { stage.invalidate() })
    stage.scene.add(this.#edges.root)
  }

  get viewpoint (): Viewpoint {
    return this.#stage.viewpoint
  }

  get edges (): boolean {
    return this.#edges.on
  }

  setEdges (on: boolean): void {
    this.#edges.set(on)
  }

  paint (selected: ReadonlySet<number>, ghosts: boolean): void {
    this.#store.setGhosts(ghosts)
    const others = ghosts && selected.size > 0 ? 'ghost' : 'normal'
    for (let instance = 0; instance < this.#count; instance++) this.#store.setLook(instance, selected.has(instance) ? 'selected' : others)
  }

  uncover (hidden: ReadonlySet<number>): void {
    this.#hidden = hidden
    for (let instance = 0; instance < this.#count; instance++) this.#store.setVisible(instance, !hidden.has(instance))
    this.#edges.refresh()
    this.#feed.hide(hidden)
  }

  cut (plane: Plane | undefined): void {
    this.#plane = plane
    this.#stage.cut(plane)
  }

  explode (factor: number, displacement: Displacement | undefined): void {
    this.#displacement = displacement
    this.#store.displace(displacement)
    this.#edges.refresh()
    this.#feed.explode(factor)
  }

  async pick (x: number, y: number): Promise<Hit | undefined> {
    return this.#picker.pick(this.#stage.rayAt(x, y), instance => !this.#hidden.has(instance), this.#plane, this.#displacement)
  }

  async picture (): Promise<Blob> {
    return await this.#stage.picture()
  }

  invalidate (): void {
    this.#stage.invalidate()
  }

  /** A part's geometry has come, has changed or has gone. */
  refined (part: number): void {
    this.#edges.refined(part)
  }

  close (): void {
    this.#edges.close()
  }
}
