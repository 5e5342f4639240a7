import type { Lacking, Shot } from './composition.ts'
import type { Framebuffer } from './framebuffer.ts'

export interface Painted extends Lacking {
  triangles: number
}

/** Whoever draws pictures of a scene with what geometry there is. */
export interface Artist {
  /** Draws one picture's colours; `null` when it was given up because `superseded` said so. */
  paint (target: Framebuffer, shot: Shot, superseded: () => boolean): Painted | null | Promise<Painted | null>
  /** Has depth and numbers of instances of the last picture too; absent: they are there already. */
  reveal? (target: Framebuffer): Promise<void>
}
