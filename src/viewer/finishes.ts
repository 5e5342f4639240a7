import { DoubleSide, MeshPhongMaterial } from 'three'
import type { MeshPhongMaterialParameters } from 'three'
import type { PartInfo } from '../stream-server/protocol.ts'

/** What a surface looks like beside its colour: each finish is one draw call. */
export const finishNames = ['plain', 'metal', 'glass'] as const
export type Finish = typeof finishNames[number]

export function finishOf ({ color, metallic }: PartInfo): Finish {
  if (color[3] < 1) return 'glass'
  return metallic >= 0.5 ? 'metal' : 'plain'
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

/** One material per finish, for all batches of a viewer, and the one of ghosts. */
export class Finishes {
  /** For what is only hinted at: what stands behind shines through. */
  readonly ghost = material('ghost', { shininess: 8, specular: 0x000000, transparent: true, depthWrite: false, forceSinglePass: true })
  readonly #materials: Record<Finish, MeshPhongMaterial> = {
    plain: material('solid', { shininess: 24, specular: 0x1c1e20 }),
    metal: material('solid', { shininess: 60, specular: 0x70747a }),
    glass: material('solid', { shininess: 80, specular: 0x606468, transparent: true, depthWrite: false, forceSinglePass: true })
  }

  of (finish: Finish): MeshPhongMaterial {
    return this.#materials[finish]
  }

  dispose (): void {
    for (const each of [...Object.values(this.#materials), this.ghost]) each.dispose()
  }
}
