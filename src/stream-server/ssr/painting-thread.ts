import { Worker } from 'node:worker_threads'
import type { SceneMessage } from '../protocol.ts'
import type { FromPainter, PaintingScene, PaintOrder, ToPainter } from './orders.ts'

/** Of decoded geometry, bytes. */
const mostGeometry = 48 * 2 ** 20

export interface PaintingThreadSettings {
  /** Path of the bundled `render.mjs`. */
  program: string
  scene: SceneMessage
  onMessage: (message: FromPainter) => void
  onBroken: (error: Error) => void
}

/** The thread that paints. Lends it the pixels it paints into, and keeps them from picture to picture. */
export class PaintingThread {
  #worker: Worker
  #newest = new Int32Array(new SharedArrayBuffer(8))
  #spare: ArrayBuffer[] = []
  #closed = false

  constructor ({ program, scene: { parts, instances, min, max }, onMessage, onBroken }: PaintingThreadSettings) {
    const workerData: PaintingScene = { parts, instances, min, max, newest: this.#newest, mostBytes: mostGeometry }
    this.#worker = new Worker(program, { workerData, resourceLimits: { maxYoungGenerationSizeMb: 3 } })
    this.#worker.on('message', (message: FromPainter) => { if (!this.#closed) onMessage(message) })
    this.#worker.on('error', onBroken)
  }

  /** The newest camera and arrangement: a picture of others that may be given up is given up. */
  supersede (seq: number, arrangement: number): void {
    Atomics.store(this.#newest, 0, seq | 0)
    Atomics.store(this.#newest, 1, arrangement | 0)
  }

  /** Has a picture painted. */
  paint (order: Omit<PaintOrder, 'pixels'>): void {
    const bytes = order.width * order.height * 4
    const pixels = this.#spare.find(({ byteLength }) => byteLength === bytes) ?? new ArrayBuffer(bytes)
    this.#spare = this.#spare.filter(each => each !== pixels && each.byteLength === bytes)
    this.tell({ ...order, pixels }, [pixels])
  }

  /** The pixels of a picture are not needed any more. */
  takeBack (pixels: ArrayBuffer): void {
    this.#spare.push(pixels)
  }

  tell (message: ToPainter, transfer: ArrayBuffer[] = []): void {
    if (!this.#closed) this.#worker.postMessage(message, transfer)
  }

  /** Twice is nothing. */
  close (): void {
    this.#closed = true
    void this.#worker.terminate()
  }
}
