import { creditBytes } from '../protocol.ts'
import type { CameraMessage, IdleMessage, PartInfo, SceneMessage } from '../protocol.ts'
import { placementsOf } from './placement.ts'
import type { Placements } from './placement.ts'
import { planChunks } from './plan.ts'
import type { Chunk } from './plan.ts'

/** Where the stream flows: a WebSocket, seen narrowly. */
export interface Outlet {
  /** Bytes that were accepted and have not left yet. Whoever owns the outlet calls `resume` when some have. */
  readonly buffered: number
  sendFile (glb: Buffer): void
  sendIdle (message: IdleMessage): void
}

export interface Source {
  scene: SceneMessage
  read (part: number, level: number): Promise<Buffer>
}

/** Above it a newer camera would have to wait behind too much that it may not want. */
const mostBuffered = 65_536

/** Sends one viewer what its camera needs, best first, never more than its credit ahead. */
export class Streamer {
  #source: Source
  #outlet: Outlet
  #onBroken: (error: Error) => void
  #parts: PartInfo[]
  #placements: Placements
  #sent: Uint8Array[]
  #newest: CameraMessage | null = null
  #seq = -1
  #queue: Chunk[] = []
  #next = 0
  #idleTold = true
  #busy = false
  #closed = false
  #chunks = 0
  #bytes = 0
  #acknowledged = 0

  /** `onBroken` is called once when the source cannot be read any more. */
  constructor (source: Source, outlet: Outlet, onBroken: (error: Error) => void) {
    this.#source = source
    this.#outlet = outlet
    this.#onBroken = onBroken
    this.#parts = source.scene.parts
    this.#placements = placementsOf(source.scene)
    this.#sent = this.#parts.map(({ levels }) => new Uint8Array(levels.length))
  }

  /** GLB bytes sent so far. */
  get bytes (): number {
    return this.#bytes
  }

  /** Looks from another place; an older camera that was not looked at yet is forgotten. */
  look (camera: CameraMessage): void {
    this.#newest = camera
    void this.#flow()
  }

  /** The viewer has taken in so many bytes in all, at most `bytes`. */
  acknowledge (bytes: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, bytes)
    void this.#flow()
  }

  /** The outlet has room again. */
  resume (): void {
    void this.#flow()
  }

  close (): void {
    this.#closed = true
  }

  async #flow (): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    try {
      for (;;) {
        // Nothing is planned or told for a viewer that does not read: `resume` comes when it does.
        if (this.#closed || this.#outlet.buffered > mostBuffered) return
        if (this.#newest) this.#plan(this.#newest)
        const chunk = this.#queue[this.#next]
        if (!chunk) return this.#tellIdle()
        if (!this.#hasRoom(chunk)) return
        const glb = await this.#source.read(chunk.part, chunk.level)
        if (this.#closed) return
        this.#next++
        this.#send(chunk, glb)
      }
    } catch (error) {
      if (!this.#closed) this.#onBroken(error as Error)
      this.#closed = true
    } finally {
      this.#busy = false
    }
  }

  #plan (camera: CameraMessage): void {
    this.#newest = null
    this.#seq = camera.seq
    this.#idleTold = false
    this.#queue = planChunks(this.#parts, this.#placements, camera, (part, level) => this.#sent[part]?.[level] === 1)
    this.#next = 0
  }

  /** A file larger than the whole credit goes alone. */
  #hasRoom ({ part, level }: Chunk): boolean {
    const ahead = this.#bytes - this.#acknowledged
    const size = this.#parts[part]?.levels[level]?.bytes ?? 0
    return this.#outlet.buffered <= mostBuffered && (ahead === 0 || ahead + size <= creditBytes)
  }

  #send ({ part, level }: Chunk, glb: Buffer): void {
    const sent = this.#sent[part]
    if (sent) sent[level] = 1
    this.#chunks++
    this.#bytes += glb.length
    this.#outlet.sendFile(glb)
  }

  #tellIdle (): void {
    if (this.#idleTold) return
    this.#idleTold = true
    this.#outlet.sendIdle({ type: 'idle', seq: this.#seq, chunks: this.#chunks, bytes: this.#bytes })
  }
}
