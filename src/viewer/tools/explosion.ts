import { Vector3 } from 'three'
import type { Assembly } from './assembly.ts'
import type { Displacement } from './displacement.ts'

/** Moves each instance `factor` times its way from the model's middle; undefined for 0, which leaves everything in its place. */
export function explosionOf ({ boxes, scene: { min, max } }: Pick<Assembly, 'boxes' | 'scene'>, factor: number): Displacement | undefined {
  if (factor === 0) return undefined
  const center = new Vector3(...min).add(new Vector3(...max)).divideScalar(2)
  return (instance, into) => {
    const at = instance * 6
    return into.set(boxes[at]! + boxes[at + 3]!, boxes[at + 1]! + boxes[at + 4]!, boxes[at + 2]! + boxes[at + 5]!).divideScalar(2).sub(center).multiplyScalar(factor)
  }
}
