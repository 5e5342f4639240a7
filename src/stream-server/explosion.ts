import { boxStride, placementsOf } from './csr/placement.ts'
import type { InstanceInfo, SceneMessage } from './protocol.ts'

/** Of each instance the way from the model's middle to its own, three numbers in metres: taken apart, it is moved by so many times this. */
export function waysOf ({ parts, instances, min, max }: Pick<SceneMessage, 'parts' | 'instances' | 'min' | 'max'>): Float64Array {
  const { boxes } = placementsOf({ parts, instances })
  const ways = new Float64Array(instances.length * 3)
  for (let i = 0; i < instances.length; i++) {
    for (const axis of [0, 1, 2] as const) ways[i * 3 + axis] = boxes[i * boxStride + axis]! - (min[axis] + max[axis]) / 2
  }
  return ways
}

/** Instances as they stand when the model is taken apart. */
export function exploded (instances: InstanceInfo[], ways: Float64Array, explosion: number): InstanceInfo[] {
  return instances.map((instance, i) => {
    const matrix = [...instance.matrix]
    for (let axis = 0; axis < 3; axis++) matrix[12 + axis]! += ways[i * 3 + axis]! * explosion
    return { ...instance, matrix }
  })
}
