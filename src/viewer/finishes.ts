import { DoubleSide, MeshPhongMaterial } from 'three'
import type { MeshPhongMaterialParameters, Texture } from 'three'
import type { PartInfo } from '../stream-server/protocol.ts'

/** What a surface looks like beside its colour: each finish is one draw call. */
export const finishNames = ['plain', 'metal', 'glass'] as const
type Base = typeof finishNames[number]
/** With what lies on the surface: colours at its vertices, a texture by its number. */
export type Finish = `${Base}${'' | '+colors'}${'' | `+${number}`}`

export function finishOf ({ color, metallic, vertexColors, texture }: Pick<PartInfo, 'color' | 'metallic' | 'vertexColors' | 'texture'>): Finish {
  const base = color[3] < 1 ? 'glass' : metallic >= 0.5 ? 'metal' : 'plain'
  return `${base}${vertexColors === true ? '+colors' : ''}${texture === undefined ? '' : `+${texture}`}` as Finish
}

/** The instances with an alpha below 0 are the ghost's to draw, all others the solid materials'; a vertex of the other kind falls out of the picture. */
const sieves = {
  solid: 'if (vColor.a < 0.0) gl_Position = vec4(0.0, 0.0, 2.0, 1.0);',
  ghost: 'if (vColor.a >= 0.0) gl_Position = vec4(0.0, 0.0, 2.0, 1.0);\nvColor.a = 0.13;'
}

/** CAD surfaces may be open and seen from behind, so all are two-sided; no environment map, which is slow without a GPU. */
function material (sieve: keyof typeof sieves, parameters: MeshPhongMaterialParameters): MeshPhongMaterial {
  // Set back a little, so that the edges drawn on a surface are not swallowed by it.
  const made = new MeshPhongMaterial({ side: DoubleSide, polygonOffset: true, polygonOffsetFactor: 1, polygonOffsetUnits: 1, ...parameters })
  made.onBeforeCompile = shader => {
    shader.vertexShader = shader.vertexShader.replace('#include <project_vertex>', `#include <project_vertex>\n#ifdef USE_BATCHING_COLOR\n${sieves[sieve]}\n#endif`)
  }
  made.customProgramCacheKey = () => sieve
  return made
}

const parametersOf: Record<Base, MeshPhongMaterialParameters> = {
  plain: { shininess: 24, specular: 0x1c1e20 },
  metal: { shininess: 60, specular: 0x70747a },
  glass: { shininess: 80, specular: 0x606468, transparent: true, depthWrite: false, forceSinglePass: true }
}

/** One material per finish, for all batches of a viewer, and the one of ghosts. */
export class Finishes {
  /** For what is only hinted at: what stands behind shines through. */
  readonly ghost = material('ghost', { shininess: 8, specular: 0x000000, transparent: true, depthWrite: false, forceSinglePass: true })
  readonly #materials = new Map<Finish, MeshPhongMaterial>()
  readonly #textures = new Map<number, Texture>()

  of (finish: Finish): MeshPhongMaterial {
    const known = this.#materials.get(finish)
    if (known !== undefined) return known
    const [base = 'plain', ...more] = finish.split('+') as [Base, ...string[]]
    const texture = this.#textures.get(Number(more.find(each => each !== 'colors') ?? NaN))
    const made = material('solid', { ...parametersOf[base], vertexColors: more.includes('colors'), ...texture === undefined ? {} : { map: texture } })
    this.#materials.set(finish, made)
    return made
  }

  /** A texture has come: it lies on its parts from now on. Until then they have their plain colour. */
  lay (number: number, texture: Texture): void {
    this.#textures.get(number)?.dispose()
    this.#textures.set(number, texture)
    for (const [finish, each] of this.#materials) {
      if (!finish.endsWith(`+${number}`)) continue
      each.map = texture
      each.needsUpdate = true
    }
  }

  dispose (): void {
    for (const each of [...this.#materials.values(), ...this.#textures.values(), this.ghost]) each.dispose()
  }
}
