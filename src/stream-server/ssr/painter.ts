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
import { bare } from './textures/skin.ts'
import type { Skin } from './textures/skin.ts'
import { sharpnessOf } from './textures/sharpness.ts'
import type { TextureStore } from './textures/texture-store.ts'

/** Draws pictures of a scene with what geometry there is, on the processor. */
export class Painter implements Artist {
  readonly #arrangement: Arrangement
  readonly #composition: Composition
  readonly #painter = new InstancePainter()

  constructor (scene: PaintedScene, store: GeometryStore, textures: TextureStore<Skin>, arrangement: Arrangement) {
    this.#arrangement = arrangement
    this.#composition = new Composition(scene, store, textures, arrangement)
  }

  /** Draws one picture; `null` when it was given up because `superseded` said so. */
  paint (target: Framebuffer, shot: Shot, superseded: () => boolean): Painted | null {
    const { view: { viewProjection }, background, sample } = shot
    target.clear(background)
    const jitter = jitterOf(sample)
    const lighting = lightingOf(viewProjection)
    const sharpness = sharpnessOf(sample)
    let triangles = 0
    const lacking = this.#composition.compose(shot, superseded, {
      isCovered: (boxes, at) => isOccluded(target, viewProjection, boxes, at),
      draw: ({ geometry, adornment, surface, toEye, isCutOpen, matrix, whole, section, id, cover, phase }) => {
        lighting.aim(surface, toEye)
        const inside = isCutOpen ? surface : null
        const skin = adornment === undefined ? null : adornment.texture ?? bare
        triangles += this.#painter.draw(target, { id, cover, phase, hatching: null }, geometry, { matrix, viewProjection, jitter, whole, section, inside, skin, sharpness }, lighting)
      }
    })
    if (lacking === null) return null
    if (this.#arrangement.edges) this.#composition.outline(target, shot.view)
    return { triangles, ...lacking }
  }
}
