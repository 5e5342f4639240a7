import { DoubleSide, MeshPhongMaterial } from 'three'
import type { Material } from 'three'
import type { PartInfo } from '../stream-server/protocol.ts'

/** What a surface looks like beside its colour: each finish is one draw call. */
export type Finish = 'plain' | 'metal' | 'glass'

export function finishOf ({ color, metallic }: PartInfo): Finish {
  if (color[3] < 1) return 'glass'
  return metallic >= 0.5 ? 'metal' : 'plain'
}

/** CAD surfaces may be open and seen from behind, so all are two-sided; no environment map, which is slow without a GPU. */
export function materialOf (finish: Finish): Material {
  switch (finish) {
    case 'plain': return new MeshPhongMaterial({ side: DoubleSide, shininess: 24, specular: 0x1c1e20 })
    case 'metal': return new MeshPhongMaterial({ side: DoubleSide, shininess: 60, specular: 0x70747a })
    case 'glass': return new MeshPhongMaterial({ side: DoubleSide, shininess: 80, specular: 0x606468, transparent: true, depthWrite: false })
  }
}
