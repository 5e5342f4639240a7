import { Plane, Vector3 } from 'three'
import type { SceneMessage } from '../../stream-server/protocol.ts'

/** A cut through the model: what lies beyond `position` along `axis` is left out, or with `flipped` what lies before it. */
export interface Section {
  axis: 'x' | 'y' | 'z'
  /** From 0, the model's least coordinate along the axis, to 1, its largest. */
  position: number
  flipped: boolean
}

const axes = { x: 0, y: 1, z: 2 } as const

/** The plane of a cut; what lies on its negative side is left out. */
export function planeOf ({ axis, position, flipped }: Section, { min, max }: Pick<SceneMessage, 'min' | 'max'>): Plane {
  const along = axes[axis]
  const at = min[along] + (max[along] - min[along]) * Math.min(Math.max(position, 0), 1)
  const normal = new Vector3().setComponent(along, flipped ? 1 : -1)
  return new Plane(normal, flipped ? -at : at)
}
