import { waysOf } from '../explosion.ts'
import { inPieces } from '../pieces.ts'
import type { SceneInPieces } from '../pieces.ts'
import { creditBytes } from '../protocol.ts'
import type { CameraMessage, DropMessage, IdleMessage, MarkMessage, PartInfo, Runs, SceneMessage, StreamingMode, StyleMessage } from '../protocol.ts'
import { planWithin } from './budget.ts'
import type { Budget } from './budget.ts'
import { everythingElse } from './everything-else.ts'
import { Journal } from './journal.ts'
import { Planner } from './plan.ts'
import type { Chunk } from './plan.ts'

/** Where the stream flows: a WebSocket, seen narrowly. */
export interface Outlet {
  /** Bytes that were accepted and have not left yet; infinite while there is no socket. Whoever owns the outlet calls `resume` when some have. */
  readonly buffered: number
  sendFile (glb: Buffer): void
  sendDrop (message: DropMessage): void
  sendIdle (message: IdleMessage): void
}

export interface Source {
  scene: SceneMessage
  read (part: number, level: number): Promise<Buffer>
  /** What was sent may not have come, or is given up: only what lies on parts that the viewer holds is there for sure. */
  uncertain? (holds: (part: number) => boolean): void
}

/** Above it a newer camera would have to wait behind too much that it may not want. */
const mostBuffered = 65_536

/** Sends one viewer what its camera needs, best first, never more than its credit ahead nor more than its budget holds. */
export class Streamer {
  #source: Source
  #outlet: Outlet
  #mode: StreamingMode
  #onBroken: (error: Error) => void
  #scene: SceneInPieces
  #parts: PartInfo[]
  #planner: Planner
  #journal: Journal
  #budget: Budget = { bytes: Infinity, triangles: Infinity }
  /** In mode `on-demand`: 1 for each placed piece that is wanted. */
  #wanted: Uint8Array | undefined
  /** 1 for each placed piece that is hidden. */
  #hidden: Uint8Array
  #explosion = 0
  /** As the planner knows it. */
  #displaced = 0
  /** Way from the model's middle, of each placed piece, once the model was taken apart. */
  #ways: Float64Array | undefined
  /** Per part, the number of the last plan that had it in sight. */
  #lastSeen: Uint32Array
  #plans = 0
  #camera: CameraMessage | null = null
  /** A plan is due. */
  #stale = false
  #queue: Chunk[] = []
  #next = 0
  #limited = false
  #idleTold = true
  #busy = false
  #closed = false
  #chunks = 0
  #acknowledged = 0

  /** `onBroken` is called once when the source cannot be read any more. */
  constructor (source: Source, outlet: Outlet, mode: StreamingMode, onBroken: (error: Error) => void) {
    this.#source = source
    this.#outlet = outlet
    this.#mode = mode
    this.#onBroken = onBroken
    const scene = inPieces(source.scene)
    this.#parts = scene.parts
    this.#scene = scene
    this.#hidden = new Uint8Array(scene.instances.length)
    this.#planner = new Planner({ ...scene, textures: source.scene.textures ?? [] })
    this.#journal = new Journal(this.#parts.length)
    this.#lastSeen = new Uint32Array(this.#parts.length)
    if (mode === 'on-demand') this.#wanted = new Uint8Array(scene.instances.length)
  }

  /** GLB bytes sent so far. */
  get bytes (): number {
    return this.#journal.bytes
  }

  /** Looks from another place; an older camera that was not looked at yet is forgotten. */
  look (camera: CameraMessage): void {
    this.#camera = camera
    this.#replan()
  }

  /** The viewer will not hold more than this. */
  limit (budget: Budget): void {
    this.#budget = budget
    this.#replan()
  }

  /** In mode `on-demand`: instances are wanted, or no longer. Unknown ones are ignored. */
  request (runs: Runs, on: boolean): void {
    if (this.#wanted !== undefined) this.#set(this.#wanted, runs, on)
    this.#replanSoon()
  }

  /** Instances are hidden, or no longer, or the model is taken apart otherwise: what a viewer that draws does not say of itself is ignored. */
  arrange (message: MarkMessage | StyleMessage): void {
    if (message.type === 'style') this.#explosion = message.explosion
    else if (message.what === 'hidden') this.#set(this.#hidden, message.runs, message.on)
    this.#replanSoon()
  }

  /** The viewer has taken in so many bytes in all, at most `bytes`. */
  acknowledge (bytes: number): void {
    if (bytes > this.#acknowledged) {
      this.#acknowledged = bytes
      this.#journal.settle(bytes)
    }
    void this.#flow()
  }

  /** The outlet has room again. */
  resume (): void {
    void this.#flow()
  }

  /**
   * There is another outlet behind the same face, and of what was sent only `bytes` had come: the rest is planned anew. False when that cannot be.
   * Nothing is sent before the next camera.
   */
  rewind (bytes: number): boolean {
    const drops = this.#journal.rewind(bytes)
    if (drops === null) return false
    this.#acknowledged = bytes
    this.#await()
    if (drops.length > 0) this.#outlet.sendDrop({ type: 'drop', parts: drops })
    return true
  }

  /** There is another outlet behind the same face, and whoever is there has nothing: no geometry, no budget, no wishes, nothing hidden or taken apart. Nothing is sent before the next camera. */
  startOver (): void {
    this.#journal = new Journal(this.#parts.length)
    this.#acknowledged = this.#chunks = 0
    this.#budget = { bytes: Infinity, triangles: Infinity }
    this.#wanted?.fill(0)
    this.#hidden.fill(0)
    this.#explosion = 0
    this.#await()
  }

  close (): void {
    this.#closed = true
  }

  /** What was planned is forgotten: the next camera makes a new plan. */
  #await (): void {
    this.#tellHeld()
    this.#camera = null
    this.#queue = []
    this.#next = 0
  }

  #replan (): void {
    this.#stale = true
    void this.#flow()
  }

  /** One plan for all that is said in a row. */
  #replanSoon (): void {
    if (this.#stale) return
    this.#stale = true
    queueMicrotask(() => { void this.#flow() })
  }

  #set (flags: Uint8Array, runs: Runs, on: boolean): void {
    const { starts } = this.#scene
    const start = (instance: number) => starts[Math.min(instance, starts.length - 1)]!
    for (let i = 0; i < runs.length; i += 2) flags.fill(Number(on), start(runs[i]!), start(runs[i]! + runs[i + 1]!))
  }

  #displace (): void {
    this.#displaced = this.#explosion
    if (this.#ways === undefined) {
      const { of } = this.#scene
      const ways = waysOf(this.#source.scene)
      this.#ways = Float64Array.from({ length: of.length * 3 }, (_, i) => ways[of[i / 3 | 0]! * 3 + i % 3]!)
    }
    this.#planner.displace(this.#ways, this.#explosion)
  }

  async #flow (): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    try {
      for (;;) {
        // Nothing is planned or told for a viewer that does not read: `resume` comes when it does.
        if (this.#closed || this.#outlet.buffered > mostBuffered) return
        if (this.#stale && this.#camera !== null) this.#plan(this.#camera)
        const chunk = this.#queue[this.#next]
        if (!chunk) return this.#tellIdle()
        if (!this.#hasRoom(chunk)) return
        const queue = this.#queue
        const glb = await this.#source.read(chunk.part, chunk.level)
        if (this.#closed) return
        // A new socket has begun a new count meanwhile, and what was read goes nowhere.
        if (queue !== this.#queue) {
          this.#tellHeld()
          continue
        }
        this.#next++
        this.#chunks++
        this.#journal.sent(chunk.part, chunk.level, glb.length)
        this.#outlet.sendFile(glb)
      }
    } catch (error) {
      if (!this.#closed) this.#onBroken(error as Error)
      this.#closed = true
    } finally {
      this.#busy = false
    }
  }

  #plan (camera: CameraMessage): void {
    this.#stale = false
    this.#idleTold = false
    const { held } = this.#journal
    if (this.#displaced !== this.#explosion) this.#displace()
    const demands = this.#planner.demands(camera, this.#wanted, this.#hidden)
    this.#plans++
    for (const part of demands.parts) this.#lastSeen[part] = this.#plans
    const { drops, chunks, limited } = planWithin(this.#budget, this.#parts, demands, held, this.#lastSeen)
    this.#queue = this.#mode === 'all' ? [...chunks, ...everythingElse(this.#budget, this.#parts, demands, held, { drops, chunks }, this.#shown())] : chunks
    this.#next = 0
    this.#limited = limited
    if (drops.length === 0) return
    this.#journal.dropped(drops)
    this.#tellHeld()
    this.#outlet.sendDrop({ type: 'drop', parts: drops })
  }

  /** Parts of which some instance is not hidden. */
  #shown (): Set<number> {
    const shown = new Set<number>()
    for (const [i, { part }] of this.#scene.instances.entries()) if (this.#hidden[i] === 0) shown.add(part)
    return shown
  }

  #tellHeld (): void {
    this.#source.uncertain?.(part => this.#journal.held[part]! >= 0)
  }

  /** A file larger than the whole credit goes alone. */
  #hasRoom ({ part, level }: Chunk): boolean {
    const ahead = this.#journal.bytes - this.#acknowledged
    const size = this.#parts[part]?.levels[level]?.bytes ?? 0
    return ahead === 0 || ahead + size <= creditBytes
  }

  #tellIdle (): void {
    if (this.#idleTold || this.#camera === null) return
    this.#idleTold = true
    this.#outlet.sendIdle({ type: 'idle', seq: this.#camera.seq, chunks: this.#chunks, bytes: this.#journal.bytes, limited: this.#limited })
  }
}
