import type { Vector3 } from 'three'

/** How far each instance is moved from its place. */
export type Displacement = (instance: number, into: Vector3) => Vector3
