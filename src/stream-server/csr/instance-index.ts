import type { Frustum } from './frustum.ts'
import { seesBox } from './frustum.ts'
import { boxStride } from './placement.ts'
import type { Placements } from './placement.ts'

/** Instances that share a lowest box. */
const leafSize = 16
/** Boxes of the tree are larger than what they hold by this share, so that rounding never contradicts the test of a single instance. */
const slack = 1e-9

/**
 * Where the instances stand, as a tree of boxes: what is out of sight is refused by the branch, and what is wholly in sight is taken without
 * a look at the single one. Instances are sorted along a curve that fills space; every 16 in a row share a leaf, every two boxes a larger one.
 */
export class InstanceIndex {
  readonly #boxes: Float64Array
  readonly #order: Uint32Array
  /** Where each storey of the tree begins, from the leaves up, and how many boxes it has. */
  readonly #storeys: Array<{ start: number, count: number }> = []
  /** Least and largest corner of each box of the tree. */
  readonly #corners: Float64Array

  constructor (placements: Pick<Placements, 'count' | 'boxes'>) {
    this.#boxes = placements.boxes
    this.#order = alongCurve(placements)
    let nodes = 0
    for (let count = Math.ceil(placements.count / leafSize); count > 0; count = count === 1 ? 0 : Math.ceil(count / 2)) {
      this.#storeys.push({ start: nodes, count })
      nodes += count
    }
    this.#corners = new Float64Array(nodes * 6)
    this.refit()
  }

  /** The boxes of the instances have been moved: the tree's are laid around them again. Neighbours should have stayed neighbours, as when all is taken apart. */
  refit (): void {
    for (let at = 0; at < this.#corners.length; at += 6) this.#corners.fill(Infinity, at, at + 3).fill(-Infinity, at + 3, at + 6)
    this.#fillLeaves()
    this.#fillStoreys()
  }

  /** Calls `visit` once for every instance of whose box some may be inside: for the same ones as `seesBox`, in the order of the tree. */
  inSight (frustum: Frustum, visit: (instance: number) => void): void {
    const top = this.#storeys.length - 1
    if (top >= 0) this.#descend(top, 0, frustum, 0b111111, visit)
  }

  /** `open` has a bit for each plane that the boxes above did not lie wholly inside of. */
  #descend (storey: number, node: number, frustum: Frustum, open: number, visit: (instance: number) => void): void {
    const { start, count } = this.#storeys[storey]!
    if (node >= count) return
    const corners = this.#corners
    const at = (start + node) * 6
    for (let plane = 0; plane < 6; plane++) {
      if ((open & 1 << plane) === 0) continue
      const a = frustum[plane * 4]!
      const b = frustum[plane * 4 + 1]!
      const c = frustum[plane * 4 + 2]!
      const d = frustum[plane * 4 + 3]!
      if (a * corners[a > 0 ? at + 3 : at]! + b * corners[b > 0 ? at + 4 : at + 1]! + c * corners[c > 0 ? at + 5 : at + 2]! + d < 0) return
      if (a * corners[a > 0 ? at : at + 3]! + b * corners[b > 0 ? at + 1 : at + 4]! + c * corners[c > 0 ? at + 2 : at + 5]! + d >= 0) open &= ~(1 << plane)
    }
    if (storey > 0) {
      this.#descend(storey - 1, node * 2, frustum, open, visit)
      this.#descend(storey - 1, node * 2 + 1, frustum, open, visit)
      return
    }
    const end = Math.min(this.#order.length, (node + 1) * leafSize)
    for (let i = node * leafSize; i < end; i++) {
      const instance = this.#order[i]!
      if (open === 0 || seesBox(frustum, this.#boxes, instance * boxStride)) visit(instance)
    }
  }

  #fillLeaves (): void {
    const boxes = this.#boxes
    for (let i = 0; i < this.#order.length; i++) {
      const from = this.#order[i]! * boxStride
      const to = (i / leafSize | 0) * 6
      for (let axis = 0; axis < 3; axis++) {
        const center = boxes[from + axis]!
        const half = Math.abs(boxes[from + 3 + axis]!) + Math.abs(boxes[from + 6 + axis]!) + Math.abs(boxes[from + 9 + axis]!)
        const more = half + (Math.abs(center) + half) * slack
        this.#corners[to + axis] = Math.min(this.#corners[to + axis]!, center - more)
        this.#corners[to + 3 + axis] = Math.max(this.#corners[to + 3 + axis]!, center + more)
      }
    }
  }

  #fillStoreys (): void {
    const corners = this.#corners
    for (let storey = 1; storey < this.#storeys.length; storey++) {
      const below = this.#storeys[storey - 1]!
      const { start } = this.#storeys[storey]!
      for (let child = 0; child < below.count; child++) {
        const from = (below.start + child) * 6
        const to = (start + (child >> 1)) * 6
        for (let axis = 0; axis < 3; axis++) {
          corners[to + axis] = Math.min(corners[to + axis]!, corners[from + axis]!)
          corners[to + 3 + axis] = Math.max(corners[to + 3 + axis]!, corners[from + 3 + axis]!)
        }
      }
    }
  }
}

/** All instances in the order of their middles along a Morton curve of 2¹⁰ steps each way: neighbours in it are neighbours in space. */
function alongCurve ({ count, boxes }: Pick<Placements, 'count' | 'boxes'>): Uint32Array {
  const least = [Infinity, Infinity, Infinity]
  const largest = [-Infinity, -Infinity, -Infinity]
  for (let i = 0; i < count; i++) {
    for (let axis = 0; axis < 3; axis++) {
      least[axis] = Math.min(least[axis]!, boxes[i * boxStride + axis]!)
      largest[axis] = Math.max(largest[axis]!, boxes[i * boxStride + axis]!)
    }
  }
  const scale = largest.map((value, axis) => 1023 / (value - least[axis]! || 1))
  // Code and instance in one number, so that plain numbers are sorted.
  const keys = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    let code = 0
    for (let axis = 0; axis < 3; axis++) code |= spread(Math.floor((boxes[i * boxStride + axis]! - least[axis]!) * scale[axis]!)) << axis
    keys[i] = code * 2 ** 22 + i
  }
  return Uint32Array.from(keys.sort(), key => key % 2 ** 22)
}

/** Ten bits, two empty ones after each. */
function spread (value: number): number {
  value = (value | value << 16) & 0x030000ff
  value = (value | value << 8) & 0x0300f00f
  value = (value | value << 4) & 0x030c30c3
  return (value | value << 2) & 0x09249249
}
