import { Matrix4, Vector3, Vector4 } from 'three'
import type { SceneMessage } from '../stream-server/protocol.ts'

/** How an instance stands out. */
export type Look = 'normal' | 'selected' | 'ghost'

/** Moves instances: how far each goes, in world coordinates. */
type Displacement = (instance: number, into: Vector3) => Vector3

/** Linear RGB. */
const highlight = [1, 0.27, 0.01] as const

/** What was asked of each instance of a scene: whether it is shown, how, and where. */
export class Appearance {
  readonly #scene: Pick<SceneMessage, 'parts' | 'instances'>
  readonly #hidden: Uint8Array
  readonly #looks: Look[]
  /** Undefined: all are where the scene has them. */
  displacement: Displacement | undefined

  constructor (scene: Pick<SceneMessage, 'parts' | 'instances'>) {
    this.#scene = scene
    this.#hidden = new Uint8Array(scene.instances.length)
    this.#looks = new Array<Look>(scene.instances.length).fill('normal')
  }

  isHidden (instance: number): boolean {
    return this.#hidden[instance] === 1
  }

  setHidden (instance: number, hidden: boolean): void {
    this.#hidden[instance] = Number(hidden)
  }

  /** Whether that changes anything. */
  setLook (instance: number, look: Look): boolean {
    if (this.#looks[instance] === look) return false
    this.#looks[instance] = look
    return true
  }

  /** Where an instance stands now, in world coordinates. */
  matrix (instance: number, into: Matrix4): Matrix4 {
    const placed = this.#scene.instances[instance]
    if (placed === undefined) return into.identity()
    into.fromArray(placed.matrix)
    if (this.displacement === undefined) return into
    const by = this.displacement(instance, new Vector3())
    const { elements } = into
    elements[12] += by.x
    elements[13] += by.y
    elements[14] += by.z
    return into
  }

  /** Linear, with an alpha below 0 for a ghost's. */
  color (instance: number): Vector4 {
    const [red, green, blue, alpha] = this.#scene.parts[this.#scene.instances[instance]?.part ?? -1]?.color ?? [1, 1, 1, 1]
    switch (this.#looks[instance]) {
      case 'selected': return new Vector4(...highlight, Math.max(alpha, 0.6))
      case 'ghost': return new Vector4(red, green, blue, -1)
      default: return new Vector4(red, green, blue, alpha)
    }
  }
}
