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

/** CAD surfaces may be open and seen from behind, so all are two-sided; no environment map, which is slow without a GPU. */
const material = (parameters: MeshPhongMaterialParameters): MeshPhongMaterial => new MeshPhongMaterial({ side: DoubleSide, ...parameters })

/** One material per finish, for all batches of a viewer. */
export class Finishes {
  readonly #materials: Record<Finish, MeshPhongMaterial> = {
    plain: material({ shininess: 24, specular: 0x1c1e20 }),
    metal: material({ shininess: 60, specular: 0x70747a }),
    glass: material({ shininess: 80, specular: 0x606468, transparent: true, depthWrite: false, forceSinglePass: true })
  }

  of (finish: Finish): MeshPhongMaterial {
    return this.#materials[finish]
  }

  dispose (): void {
    for (const each of Object.values(this.#materials)) each.dispose()
  }
}
