import { BufferAttribute, BufferGeometry, InstancedBufferAttribute, LineSegments } from 'three'
import type { LineBasicMaterial } from 'three'

/** Some edges of a part, drawn at all its places in one call: three draws as instances whatever says that it is an instanced mesh. */
export class EdgeLines extends LineSegments<BufferGeometry, LineBasicMaterial> {
  readonly isInstancedMesh = true
  readonly instanceColor = null
  readonly morphTexture = null
  instanceMatrix: InstancedBufferAttribute
  override count: number

  /** `edges` are pairs of points, three numbers each; `most` is how many places there are. */
  constructor (edges: Float32Array, material: LineBasicMaterial, most: number) {
    const geometry = new BufferGeometry()
    geometry.setAttribute('position', new BufferAttribute(edges, 3))
    super(geometry, material)
    this.instanceMatrix = new InstancedBufferAttribute(new Float32Array(most * 16), 16)
    this.count = 0
    this.frustumCulled = false
  }

  /** Copies counted, shown or not. */
  get segments (): number {
    return this.geometry.getAttribute('position').count / 2 * (this.instanceMatrix.array.length / 16)
  }
}
