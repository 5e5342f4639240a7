import type { Arrangement } from './arrangement.ts'
import type { Artist, Painted } from './artist.ts'
import { Composition } from './composition.ts'
import type { PaintedScene, Shot } from './composition.ts'
import type { Framebuffer } from './framebuffer.ts'
import type { GeometryStore } from './geometry-store.ts'
import { InstancePainter } from './instance-painter.ts'
import { jitterOf } from './jitter.ts'
import { lightingOf } from './lighting.ts'
import { isOccluded } from './occlusion.ts'

/** Draws pictures of a scene with what geometry there is, on the processor. */
export class Painter implements Artist {
  readonly #arrangement: Arrangement
  readonly #composition: Composition
  readonly #painter = new InstancePainter()

  constructor (scene: PaintedScene, store: GeometryStore, arrangement: Arrangement) {
    this.#arrangement = arrangement
    this.#composition = new Composition(scene, store, arrangement)
  }

  /** Draws one picture; `null` when it was given up because `superseded` said so. */
  paint (target: Framebuffer, shot: Shot, superseded: () => boolean): Painted | null {
    const { view: { viewProjection }, background, sample } = shot
    target.clear(background)
    const jitter = jitterOf(sample)
    const lighting = lightingOf(viewProjection)
    let triangles = 0
    const wanted = this.#composition.compose(shot, superseded, {
      isCovered: (boxes, at) => isOccluded(target, viewProjection, boxes, at),
      draw: ({ geometry, surface, toEye, cutOpen, matrix, whole, section, ...paint }) => {
        lighting.aim(surface, toEye)
        const inside = cutOpen === null ? null : lighting.ofCut(cutOpen)
        triangles += this.#painter.draw(target, paint, geometry, { matrix, viewProjection, jitter, whole, section, inside }, lighting)
      }
    })
    if (wanted === null) return null
    if (this.#arrangement.edges) this.#composition.outline(target, shot.view)
    return { triangles, wanted }
  }
}
