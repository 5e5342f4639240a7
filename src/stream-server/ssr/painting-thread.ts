import { Worker } from 'node:worker_threads'
import type { Clock } from '../../clock.ts'
import type { SceneMessage } from '../protocol.ts'
import { giveBack } from './give-back.ts'
import type { GpuWish } from './gpu/gpu.ts'
import type { FromPainter, FromThread, PaintingScene, PaintOrder, ToPainter } from './orders.ts'
import { programOf } from './painting-program.ts'

/** Of decoded geometry, bytes. */
const mostGeometry = 48 * 2 ** 20
/** Of unpacked textures, bytes: a large one has 21.3 MiB. A picture of 1280×720 pixels shows no more than 4 MiB of them at once. */
const mostTextures = 24 * 2 ** 20
/** For a GPU to be found. */
const mostMs = 5000

export interface PaintingThreadSettings {
  /** Where the bundled `render.mjs` is, and what it is to paint with: `painting-program.ts`. */
  program: string
  scene: SceneMessage
  clock: Clock
  onMessage: (message: FromPainter) => void
  /** Told what pictures are painted with from now on, in words. */
  onEquipped: (words: string) => void
  onBroken: (error: Error) => void
}

/** Threads that end by themselves, and have not yet. */
const ending = new Set<Promise<unknown>>()

/** Resolves when no thread that was closed in this process is at work any more. Before, the process must not end: a thread that is ended inside Dawn takes the process with it. */
export async function paintingEnds (): Promise<void> {
  await Promise.all(ending)
}

/** The thread that paints. Lends it the pixels it paints into, and keeps them from picture to picture. */
export class PaintingThread {
  #settings: PaintingThreadSettings
  #worker: Worker
  /** Until it has found what to paint with. */
  #waiting: Array<{ message: ToPainter, transfer: ArrayBuffer[] }> | null = []
  #cancelSearch = () => {}
  /** Whether it can be ended at any time. Not while it looks for a GPU. */
  #isFree = false
  #newest = new Int32Array(new SharedArrayBuffer(8))
  #spare: ArrayBuffer[] = []
  #closed = false

  constructor (settings: PaintingThreadSettings) {
    this.#settings = settings
    const { path, wish } = programOf(settings.program)
    this.#worker = this.#start(path, wish)
    // A driver that hangs cannot be interrupted from within.
    this.#cancelSearch = settings.clock.after(mostMs, () => {
      this.#end()
      this.#worker = this.#start(path, 'no GPU answers')
    })
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

  /** Nothing is to be painted for the time being: gives back what only painting needs. */
  rest (): void {
    for (const pixels of this.#spare) giveBack(pixels)
    this.#spare = []
    this.tell({ type: 'rest' })
  }

  tell (message: ToPainter, transfer: ArrayBuffer[] = []): void {
    if (this.#closed) return
    if (this.#waiting === null) this.#worker.postMessage(message, transfer)
    else this.#waiting.push({ message, transfer })
  }

  /** Twice is nothing. */
  close (): void {
    if (this.#closed) return
    this.#closed = true
    this.#cancelSearch()
    this.#end()
  }

  #end (): void {
    const worker = this.#worker
    if (this.#isFree) {
      void worker.terminate()
      return
    }
    const ended = new Promise(resolve => worker.once('exit', resolve))
    ending.add(ended)
    void ended.then(() => { ending.delete(ended) })
    worker.postMessage({ type: 'end' } satisfies ToPainter)
  }

  #start (path: string, gpu: GpuWish | string): Worker {
    const { scene: { parts, instances, min, max, textures = [] }, onMessage, onEquipped, onBroken } = this.#settings
    const workerData: PaintingScene = { parts, instances, min, max, textures, newest: this.#newest, mostBytes: mostGeometry, mostTextureBytes: mostTextures, gpu }
    const worker = new Worker(path, { workerData, resourceLimits: { maxYoungGenerationSizeMb: 3 } })
    const isInUse = () => !this.#closed && worker === this.#worker
    worker.on('message', (message: FromThread) => {
      if (!isInUse()) return
      if (message.type !== 'equipped') return onMessage(message)
      this.#isFree = !message.gpu
      onEquipped(message.words)
      this.#begin()
    })
    worker.on('error', error => { if (isInUse()) onBroken(error) })
    return worker
  }

  #begin (): void {
    this.#cancelSearch()
    const waiting = this.#waiting ?? []
    this.#waiting = null
    for (const { message, transfer } of waiting) this.#worker.postMessage(message, transfer)
  }
}
