import { BufferAttribute, BufferGeometry, Group, InstancedBufferAttribute, LineBasicMaterial, LineSegments, Matrix4 } from 'three'
import type { PartStore } from '../part-store.ts'
import type { Assembly } from './assembly.ts'
import { featureEdges } from './feature-edges.ts'

/** A part with more triangles than this gets no edges: they would take too long to find. */
const mostTriangles = 300_000
/** Segments drawn in all, copies counted. */
const mostSegments = 4_000_000
/** Milliseconds of a frame that may go into finding edges. */
const sliceMilliseconds = 8

/** One part's edges, drawn at all its places in one call: three draws as instances whatever says that it is an instanced mesh. */
class EdgeLines extends LineSegments<BufferGeometry, LineBasicMaterial> {
  readonly isInstancedMesh = true
  readonly instanceColor = null
  readonly morphTexture = null
  instanceMatrix: InstancedBufferAttribute
  override count: number

  constructor (edges: Float32Array, material: LineBasicMaterial, most: number) {
    const geometry = new BufferGeometry()
    geometry.setAttribute('position', new BufferAttribute(edges, 3))
    super(geometry, material)
    this.instanceMatrix = new InstancedBufferAttribute(new Float32Array(most * 16), 16)
    this.count = 0
    this.frustumCulled = false
  }
}

/** The edges of the model drawn as lines, once asked for: found part by part between frames, within a budget. */
export class EdgeOverlay {
  readonly root = new Group()
  readonly #assembly: Assembly
  readonly #store: PartStore
  readonly #isShown: (instance: number) => boolean
  readonly #changed: () => void
  readonly #material = new LineBasicMaterial({ color: 0x10181f, transparent: true, opacity: 0.55 })
  readonly #members: number[][]
  readonly #lines = new Map<number, EdgeLines>()
  readonly #due = new Set<number>()
  #segments = 0
  #frame = 0
  #on = false

  constructor (assembly: Assembly, store: PartStore, isShown: (instance: number) => boolean, changed: () => void) {
    this.#assembly = assembly
    this.#store = store
    this.#isShown = isShown
    this.#changed = changed
    this.#members = assembly.scene.parts.map(() => [])
    for (const [instance, { part }] of assembly.scene.instances.entries()) this.#members[part]?.push(instance)
  }

  get on (): boolean {
    return this.#on
  }

  /** True when edges are still being found. */
  get busy (): boolean {
    return this.#due.size > 0
  }

  /** Segments drawn, copies counted. */
  get segments (): number {
    return this.#segments
  }

  set (on: boolean): void {
    this.#on = on
    this.root.visible = on
    if (on) {
      for (let part = 0; part < this.#members.length; part++) if (!this.#lines.has(part)) this.#due.add(part)
      this.refresh()
      this.#soon()
    }
    this.#changed()
  }

  /** A part's geometry has come or has become finer. */
  refined (part: number): void {
    if (this.#on) {
      this.#due.add(part)
      this.#soon()
    } else this.#forget(part)
  }

  /** Instances were hidden, shown or moved. */
  refresh (): void {
    if (this.#on) for (const part of this.#lines.keys()) this.#place(part)
  }

  close (): void {
    cancelAnimationFrame(this.#frame)
    this.#due.clear()
    for (const part of [...this.#lines.keys()]) this.#forget(part)
    this.#material.dispose()
    this.root.removeFromParent()
  }

  #soon (): void {
    if (this.#frame === 0 && this.#due.size > 0) this.#frame = requestAnimationFrame(this.#work)
  }

  readonly #work = (): void => {
    this.#frame = 0
    const end = performance.now() + sliceMilliseconds
    for (const part of this.#due) {
      this.#due.delete(part)
      this.#draw(part)
      if (performance.now() > end) break
    }
    this.#changed()
    this.#soon()
  }

  #draw (part: number): void {
    const triangles = this.#store.triangles(part)
    if (triangles === undefined) return
    this.#forget(part)
    if (triangles.count / 3 > mostTriangles) return
    const edges = featureEdges(triangles)
    const copies = this.#members[part]?.length ?? 0
    const segments = edges.length / 6 * copies
    if (segments === 0 || this.#segments + segments > mostSegments) return
    this.#segments += segments
    const lines = new EdgeLines(edges, this.#material, copies)
    this.#lines.set(part, lines)
    this.root.add(lines)
    this.#place(part)
  }

  #place (part: number): void {
    const lines = this.#lines.get(part)
    if (lines === undefined) return
    const matrix = new Matrix4()
    lines.count = 0
    for (const instance of this.#members[part] ?? []) {
      if (!this.#isShown(instance)) continue
      this.#store.matrix(instance, matrix).toArray(lines.instanceMatrix.array, lines.count++ * 16)
    }
    lines.visible = lines.count > 0
    lines.instanceMatrix.needsUpdate = true
  }

  #forget (part: number): void {
    const lines = this.#lines.get(part)
    if (lines === undefined) return
    this.#segments -= lines.geometry.getAttribute('position').count / 2 * (this.#members[part]?.length ?? 0)
    lines.removeFromParent()
    lines.geometry.dispose()
    this.#lines.delete(part)
  }
}
