import { Group, LineBasicMaterial, Matrix4 } from 'three'
import type { PartStore } from '../part-store.ts'
import type { Assembly } from './assembly.ts'
import { EdgeLines } from './edge-lines.ts'
import { edgesOf, featureEdges } from './feature-edges.ts'
import type { OpenEdge } from './feature-edges.ts'
import { seamEdges } from './seams.ts'

/** A piece with more triangles than this gets no edges: they would take too long to find. */
const mostTriangles = 300_000
/** Segments drawn in all, copies counted. */
const mostSegments = 4_000_000
/** Milliseconds of a frame that may go into finding edges. */
const sliceMilliseconds = 8
/** Between the pieces of a part with more open edges than this no edges are drawn: joining them would take too long. */
const mostOpen = 100_000
/** Joining pieces may take this share of the time. */
const joinShare = 0.1

/** The edges of the model drawn as lines, once asked for: found piece by piece between frames, within a budget. */
export class EdgeOverlay {
  readonly root = new Group()
  readonly #store: PartStore
  readonly #isShown: (instance: number) => boolean
  readonly #changed: () => void
  readonly #material = new LineBasicMaterial({ color: 0x10181f, transparent: true, opacity: 0.55 })
  /** Per part of the scene: its instances. */
  readonly #members: number[][]
  /** Per piece: the part that it is of. */
  readonly #parts: number[]
  /** By piece. */
  readonly #lines = new Map<number, EdgeLines>()
  /** By part, where a part has several pieces: the edges between those. */
  readonly #seams = new Map<number, EdgeLines>()
  /** By piece of such a part: what its surface ends in. */
  readonly #open = new Map<number, OpenEdge[]>()
  readonly #due = new Set<number>()
  /** Parts with pieces that were drawn anew and are not joined yet. */
  readonly #apart = new Set<number>()
  /** Per part: open edges kept, infinitely many where they were too many. */
  readonly #openIn: Float64Array
  /** When pieces may be joined next. */
  #rested = 0
  #segments = 0
  #frame = 0
  #on = false

  constructor (assembly: Assembly, store: PartStore, isShown: (instance: number) => boolean, changed: () => void) {
    this.#store = store
    this.#isShown = isShown
    this.#changed = changed
    this.#members = assembly.scene.parts.map(() => [])
    for (const [instance, { part }] of assembly.scene.instances.entries()) this.#members[part]?.push(instance)
    this.#parts = assembly.scene.parts.flatMap(({ pieces }, part) => new Array<number>(pieces?.length ?? 1).fill(part))
    this.#openIn = new Float64Array(this.#members.length)
  }

  get on (): boolean {
    return this.#on
  }

  /** True when edges are still being found. */
  get busy (): boolean {
    return this.#due.size > 0 || this.#apart.size > 0
  }

  /** Segments drawn, copies counted. */
  get segments (): number {
    return this.#segments
  }

  set (on: boolean): void {
    this.#on = on
    this.root.visible = on
    if (on) {
      for (let piece = 0; piece < this.#parts.length; piece++) if (!this.#lines.has(piece)) this.#due.add(piece)
      this.refresh()
      this.#soon()
    }
    this.#changed()
  }

  /** A piece's geometry has come, has become finer or has gone. */
  refined (piece: number): void {
    if (this.#on) {
      this.#due.add(piece)
      this.#soon()
    } else this.#forget(piece)
  }

  /** Instances were hidden, shown or moved. */
  refresh (): void {
    if (!this.#on) return
    for (const [piece, lines] of this.#lines) this.#place(lines, this.#parts[piece]!)
    for (const [part, lines] of this.#seams) this.#place(lines, part)
  }

  close (): void {
    cancelAnimationFrame(this.#frame)
    this.#due.clear()
    this.#apart.clear()
    for (let piece = 0; piece < this.#parts.length; piece++) this.#forget(piece)
    for (const part of this.#seams.keys()) this.#take(this.#seams, part)
    this.#material.dispose()
    this.root.removeFromParent()
  }

  #soon (): void {
    if (this.#frame === 0 && this.busy) this.#frame = requestAnimationFrame(this.#work)
  }

  readonly #work = (): void => {
    this.#frame = 0
    const end = performance.now() + sliceMilliseconds
    let changed = this.#due.size > 0
    for (const piece of this.#due) {
      this.#due.delete(piece)
      this.#draw(piece)
      if (this.#isCut(piece)) this.#apart.add(this.#parts[piece]!)
      if (performance.now() > end) break
    }
    // Only in a frame in which no piece is due any more: else it is past its end by now.
    for (const part of this.#apart) {
      if (performance.now() > end || performance.now() < this.#rested) break
      this.#apart.delete(part)
      this.#join(part)
      changed = true
    }
    if (changed) this.#changed()
    this.#soon()
  }

  #isCut (piece: number): boolean {
    const [first, end] = this.#range(this.#parts[piece]!)
    return end - first > 1
  }

  /** The first piece of a part, and the first of the next. */
  #range (part: number): [number, number] {
    const { firsts } = this.#store.pieces
    return [firsts[part]!, firsts[part + 1]!]
  }

  #draw (piece: number): void {
    this.#forget(piece)
    const triangles = this.#store.triangles(piece)
    if (triangles === undefined || triangles.count / 3 > mostTriangles) return
    const part = this.#parts[piece]!
    if (!this.#isCut(piece)) return this.#put(this.#lines, piece, part, featureEdges(triangles))
    const { bent, open } = edgesOf(triangles)
    this.#keep(piece, part, open)
    this.#put(this.#lines, piece, part, bent)
  }

  #keep (piece: number, part: number, open: OpenEdge[]): void {
    if (this.#openIn[part] === Infinity) return
    this.#openIn[part]! += open.length
    this.#open.set(piece, open)
    if (this.#openIn[part]! <= mostOpen) return
    this.#openIn[part] = Infinity
    const [first, end] = this.#range(part)
    for (let each = first; each < end; each++) this.#open.delete(each)
  }

  /** Draws what lies between the pieces of a part; until then what lay there before stays. */
  #join (part: number): void {
    const began = performance.now()
    this.#take(this.#seams, part)
    if (this.#openIn[part] === Infinity) return
    const [first, end] = this.#range(part)
    const numbers = Array.from({ length: end - first }, (_, i) => first + i)
    const missing = numbers.filter(piece => !this.#open.has(piece)).map(piece => this.#store.pieces.parts[piece]!)
    this.#put(this.#seams, part, part, seamEdges(numbers.map(piece => this.#open.get(piece) ?? []), missing))
    const now = performance.now()
    this.#rested = now + (now - began) / joinShare
  }

  #put (lines: Map<number, EdgeLines>, key: number, part: number, edges: Float32Array): void {
    const copies = this.#members[part]?.length ?? 0
    const segments = edges.length / 6 * copies
    if (segments === 0 || this.#segments + segments > mostSegments) return
    this.#segments += segments
    const made = new EdgeLines(edges, this.#material, copies)
    lines.set(key, made)
    this.root.add(made)
    this.#place(made, part)
  }

  #place (lines: EdgeLines, part: number): void {
    const matrix = new Matrix4()
    lines.count = 0
    for (const instance of this.#members[part] ?? []) {
      if (!this.#isShown(instance)) continue
      this.#store.matrix(instance, matrix).toArray(lines.instanceMatrix.array, lines.count++ * 16)
    }
    lines.visible = lines.count > 0
    lines.instanceMatrix.needsUpdate = true
  }

  #forget (piece: number): void {
    this.#take(this.#lines, piece)
    this.#openIn[this.#parts[piece]!]! -= this.#open.get(piece)?.length ?? 0
    this.#open.delete(piece)
  }

  #take (lines: Map<number, EdgeLines>, key: number): void {
    const taken = lines.get(key)
    if (taken === undefined) return
    this.#segments -= taken.segments
    taken.removeFromParent()
    taken.geometry.dispose()
    lines.delete(key)
  }
}
