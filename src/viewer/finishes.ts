import { DoubleSide, MeshPhongMaterial } from 'three'
import type { MeshPhongMaterialParameters, Texture } from 'three'
import type { PartInfo } from '../stream-server/protocol.ts'

/** What a surface looks like beside its colour: each finish is one draw call. */
export const finishNames = ['plain', 'metal', 'glass'] as const
type Base = typeof finishNames[number]
/** With what is filled where it is cut open, and what lies on the surface: colours at its vertices, a texture by its number. */
export type Finish = `${Base}${'' | '+solid'}${'' | '+colors'}${'' | `+${number}`}`

/** Whether a part is filled where it is cut open. What is seen through is not: its far side is seen everywhere, cut open or not. */
export const isFilled = ({ color, solid }: Pick<PartInfo, 'color' | 'solid'>): boolean => solid === true && color[3] >= 1

export function finishOf (part: Pick<PartInfo, 'color' | 'metallic' | 'solid' | 'vertexColors' | 'texture'>): Finish {
  const { color, metallic, vertexColors, texture } = part
  const base = color[3] < 1 ? 'glass' : metallic >= 0.5 ? 'metal' : 'plain'
  return `${base}${isFilled(part) ? '+solid' : ''}${vertexColors === true ? '+colors' : ''}${texture === undefined ? '' : `+${texture}`}` as Finish
}

/** The instances with an alpha below 0 are the ghost's to draw, all others the solid materials'; a vertex of the other kind falls out of the picture. */
const sieves = {
  solid: 'if (vColor.a < 0.0) gl_Position = vec4(0.0, 0.0, 2.0, 1.0);',
  ghost: 'if (vColor.a >= 0.0) gl_Position = vec4(0.0, 0.0, 2.0, 1.0);\nvColor.a = 0.13;'
}

/**
 * Where the section plane has opened a solid and we look in, its inside is all that is seen through the cut: in one colour, whatever the light, and hatched, it is the face of the
 * cut. The plane is in view space, so that the eye is on the side that was cut away where its constant is negative.
 */
const capShader = `#include <opaque_fragment>
#if NUM_CLIPPING_PLANES > 0
if (capped && !gl_FrontFacing && clippingPlanes[0].w < 0.0) {
  float line = abs(mod(gl_FragCoord.x + gl_FragCoord.y, 12.0) - 6.0);
  gl_FragColor.rgb = diffuseColor.rgb * mix(0.5, 0.78, smoothstep(0.4, 1.4, line));
}
#endif`

/** CAD surfaces may be open and seen from behind, so all are two-sided; no environment map, which is slow without a GPU. */
function material (sieve: keyof typeof sieves, capped: boolean, parameters: MeshPhongMaterialParameters): MeshPhongMaterial {
  // Set back a little, so that the edges drawn on a surface are not swallowed by it.
  const made = new MeshPhongMaterial({ side: DoubleSide, polygonOffset: true, polygonOffsetFactor: 1, polygonOffsetUnits: 1, ...parameters })
  made.onBeforeCompile = shader => {
    shader.vertexShader = shader.vertexShader.replace('#include <project_vertex>', `#include <project_vertex>\n#ifdef USE_BATCHING_COLOR\n${sieves[sieve]}\n#endif`)
    shader.uniforms['capped'] = { value: capped }
    shader.fragmentShader = `uniform bool capped;\n${shader.fragmentShader.replace('#include <opaque_fragment>', capShader)}`
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
  readonly ghost = material('ghost', false, { shininess: 8, specular: 0x000000, transparent: true, depthWrite: false, forceSinglePass: true })
  readonly #materials = new Map<Finish, MeshPhongMaterial>()
  readonly #textures = new Map<number, Texture>()

  of (finish: Finish): MeshPhongMaterial {
    const known = this.#materials.get(finish)
    if (known !== undefined) return known
    const [base = 'plain', ...more] = finish.split('+') as [Base, ...string[]]
    const texture = this.#textures.get(Number(more.find(each => /^\d+$/.test(each)) ?? NaN))
    const made = material('solid', more.includes('solid'), { ...parametersOf[base], vertexColors: more.includes('colors'), ...texture === undefined ? {} : { map: texture } })
    this.#materials.set(finish, made)
    return made
  }

  /** A texture has come: it lies on its parts from now on. Until then they have their plain colour. */
  lay (number: number, texture: Texture): void {
    this.#textures.get(number)?.dispose()
    this.#textures.set(number, texture)
    this.#cover(number, texture)
  }

  /** Nothing is left that a texture lies on. */
  lift (number: number): void {
    if (!this.#textures.has(number)) return
    this.#textures.get(number)?.dispose()
    this.#textures.delete(number)
    this.#cover(number, null)
  }

  dispose (): void {
    for (const each of [...this.#materials.values(), ...this.#textures.values(), this.ghost]) each.dispose()
  }

  #cover (number: number, texture: Texture | null): void {
    for (const [finish, each] of this.#materials) {
      if (!finish.endsWith(`+${number}`)) continue
      each.map = texture
      each.needsUpdate = true
    }
  }
}
