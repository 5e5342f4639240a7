import type { Plane } from 'three'
import type { Viewpoint } from '../viewpoint.ts'
import type { Displacement } from './displacement.ts'
import type { Hit } from './picker.ts'

/** A model that somebody inspects: drawn by the browser, or shown in pictures that its stream server makes. */
export interface Exhibit {
  readonly viewpoint: Viewpoint
  /** Whether feature edges are shown. */
  readonly edges: boolean
  setEdges (on: boolean): void
  /** What is selected stands out; with `ghosts` everything else is only hinted at while something is. */
  paint (selected: ReadonlySet<number>, ghosts: boolean): void
  uncover (hidden: ReadonlySet<number>): void
  /** Leaves out what lies on the negative side of a plane; undefined: nothing. */
  cut (plane: Plane | undefined): void
  /** Moves each instance by `factor` times its way from the model's middle, which `displacement` tells; undefined: everything in its place. */
  explode (factor: number, displacement: Displacement | undefined): void
  /** What is at a point of the canvas, in CSS pixels from its upper left corner. */
  pick (x: number, y: number): Promise<Hit | undefined>
  /** The picture as a PNG. Fails when there is none, or the browser cannot make one. */
  picture (): Promise<Blob>
  /** Shows anew. */
  invalidate (): void
  close (): void
}
