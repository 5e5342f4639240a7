import { Worker } from 'node:worker_threads'
import type { Clock } from '../../clock.ts'
import type { CameraMessage, FrameMessage, MarkMessage, PickedMessage, SceneMessage, StyleMessage } from '../protocol.ts'
import { JpegEncoder } from './jpeg.ts'
import type { FromPainter, PaintingScene, PaintOrder, ToPainter } from './orders.ts'
import { Pace } from './pace.ts'
import { encodePng } from './png.ts'

/** Where pictures go: a WebSocket, seen narrowly. */
export interface ImageOutlet {
  /** Bytes that were accepted and have not left yet. Whoever owns the outlet calls `resume` when some have. */
  readonly buffered: number
  sendFrame (message: FrameMessage, file: Buffer): void
  sendPicked (message: PickedMessage): void
}

export interface ImageStreamerSettings {
  source: { scene: SceneMessage, read (part: number, level: number): Promise<Buffer> }
  /** Path of the bundled `render.mjs`. */
  program: string
  outlet: ImageOutlet
  clock: Clock
  /** Called once when no more pictures can be made. */
  onBroken: (error: Error) => void
}

const mostUnseen = 2
const mostBuffered = 131_072
/** Painted pictures that wait to be encoded; each costs four bytes a pixel. */
const mostUnencoded = 2
const mostPixels = 2560 * 1440
/** Of decoded geometry. */
const mostGeometry = 48 * 2 ** 20
/** How long a camera must rest before its picture is made better. */
const restMs = 160
const fewSamples = 4
const allSamples = 16

/** Sends one viewer pictures of what its camera sees: at once, then with smooth edges, at last lossless. The newest camera wins. */
export class ImageStreamer {
  #settings: ImageStreamerSettings
  #worker: Worker
  #newest = new Int32Array(new SharedArrayBuffer(4))
  #camera: CameraMessage | null = null
  /** Counts what was marked or styled: pictures of another count show something else. */
  #arrangement = 0
  #order: PaintOrder | null = null
  #orderFine = false
  /** What the last picture showed. */
  #shown = { seq: -1, arrangement: 0, samples: 0, stale: true, fine: false }
  #stops = 0
  #loading = false
  #spare: ArrayBuffer[] = []
  #resting = false
  #cancelRest = () => {}
  #jpeg = new JpegEncoder()
  #pace = new Pace()
  #sending = Promise.resolve()
  #unencoded = 0
  #sent: Array<{ number: number, at: number }> = []
  #number = 0
  #closed = false

  constructor (settings: ImageStreamerSettings) {
    this.#settings = settings
    const { parts, instances, min, max } = settings.source.scene
    const workerData: PaintingScene = { parts, instances, min, max, newest: this.#newest, mostBytes: mostGeometry }
    this.#worker = new Worker(settings.program, { workerData, resourceLimits: { maxYoungGenerationSizeMb: 3 } })
    this.#worker.on('message', (message: FromPainter) => { this.#hear(message) })
    this.#worker.on('error', error => { this.#break(error) })
  }

  /** Number of the newest picture sent. */
  get number (): number {
    return this.#number
  }

  /** Looks from another place; an older camera that was not looked at yet is forgotten. */
  look (camera: CameraMessage): void {
    this.#camera = camera
    this.#resting = false
    Atomics.store(this.#newest, 0, camera.seq | 0)
    this.#cancelRest()
    this.#cancelRest = this.#settings.clock.after(restMs, () => {
      this.#resting = true
      this.#step()
    })
    this.#step()
  }

  /** The viewer shows picture `number`, at most `this.number`. */
  acknowledge (number: number): void {
    for (const { number: sent, at } of this.#sent) if (sent === number) this.#pace.shown(this.#settings.clock.now() - at)
    this.#sent = this.#sent.filter(({ number: sent }) => sent > number)
    this.#step()
  }

  /** Answers `picked` with the instance at a place of the last picture; shares of its sides, 0 to 1. */
  pick (id: number, x: number, y: number): void {
    this.#tell({ type: 'pick', id, x, y })
  }

  /** Selects or hides instances, or shows all in another way. */
  arrange (message: MarkMessage | StyleMessage): void {
    this.#arrangement++
    this.#tell(message)
    this.#step()
  }

  /** There is another outlet behind the same face: what was sent may not have come. Nothing is painted before the next camera. */
  restart (): void {
    this.#sent = []
    this.#camera = null
    this.#cancelRest()
  }

  /** The outlet has room again. */
  resume (): void {
    this.#step()
  }

  close (): void {
    if (this.#closed) return
    this.#closed = true
    this.#cancelRest()
    void this.#worker.terminate()
  }

  #step (): void {
    const camera = this.#camera
    if (this.#closed || this.#order !== null || this.#loading || camera === null) return
    if (this.#sent.length >= mostUnseen || this.#unencoded >= mostUnencoded || this.#settings.outlet.buffered > mostBuffered) return
    const { seq, arrangement, samples, stale, fine } = this.#shown
    const current = seq === camera.seq && arrangement === this.#arrangement && !stale
    if (!current) this.#paint(camera, 1, this.#resting)
    else if (this.#resting && !fine) this.#paint(camera, 1, true)
    else if (this.#resting && samples < allSamples) this.#paint(camera, samples < fewSamples ? fewSamples : allSamples, true)
  }

  #paint (camera: CameraMessage, samples: number, fine: boolean): void {
    const { width: wide = 1, height: high = 1, background = 0xffffff, viewProjection, position, focal, tolerance } = camera
    this.#orderFine = fine
    const { scale } = fine ? { scale: 1 } : this.#pace.means
    const share = Math.min(scale, Math.sqrt(mostPixels / (wide * high)))
    const width = Math.max(1, Math.round(wide * share))
    const height = Math.max(1, Math.round(high * share))
    const bytes = width * height * 4
    const pixels = this.#spare.find(({ byteLength }) => byteLength === bytes) ?? new ArrayBuffer(bytes)
    this.#spare = this.#spare.filter(each => each !== pixels && each.byteLength === bytes)
    this.#order = {
      type: 'paint',
      seq: camera.seq,
      view: { viewProjection, position, focal: focal * share, tolerance: fine ? tolerance : tolerance * this.#pace.coarseness },
      width,
      height,
      background: (0xff000000 | (background & 255) << 16 | background & 0xff00 | background >> 16) >>> 0,
      arrangement: this.#arrangement,
      samples,
      // Whoever moves all the time shall see something too.
      mayStop: samples > 1 || this.#stops < 2,
      pixels
    }
    this.#tell(this.#order, [pixels])
  }

  #hear (message: FromPainter): void {
    if (this.#closed) return
    if (message.type === 'picked') return this.#settings.outlet.sendPicked(message)
    const order = this.#order
    this.#order = null
    if (order === null) return
    if (message.type === 'stopped') {
      this.#stops++
      this.#spare.push(message.pixels)
      return this.#step()
    }
    this.#stops = 0
    if (message.samples === 1 && !this.#resting) this.#pace.painted(message.milliseconds)
    this.#shown = { seq: message.seq, arrangement: order.arrangement, samples: message.samples, stale: message.wanted.length > 0, fine: this.#orderFine }
    if (message.wanted.length > 0) void this.#load(message.wanted)
    this.#unencoded++
    this.#step() // The next is painted while this one is encoded.
    this.#send(message)
  }

  async #load (wanted: Array<{ part: number, level: number }>): Promise<void> {
    this.#loading = true
    try {
      for (const { part, level } of wanted) {
        const glb = new Uint8Array(await this.#settings.source.read(part, level))
        if (this.#closed) return
        this.#tell({ type: 'part', part, level, glb }, [glb.buffer])
      }
    } catch (error) {
      this.#break(error as Error)
    }
    this.#loading = false
    this.#step()
  }

  #send ({ seq, width, height, samples, triangles, wanted, pixels }: FromPainter & { type: 'painted' }): void {
    const number = ++this.#number
    const lossless = samples >= allSamples
    this.#sent.push({ number, at: this.#settings.clock.now() })
    const { quality } = this.#pace.means
    this.#sending = this.#sending.then(async () => {
      if (this.#closed) return
      const colors = new Uint32Array(pixels)
      const file = lossless ? await encodePng(colors, width, height) : this.#jpeg.encode(colors, width, height, samples > 1 ? 90 : quality)
      this.#spare.push(pixels)
      this.#unencoded--
      this.#step()
      if (this.#closed) return
      const entry = this.#sent.find(each => each.number === number)
      if (entry) entry.at = this.#settings.clock.now()
      this.#settings.outlet.sendFrame({ type: 'frame', number, seq, width, height, format: lossless ? 'png' : 'jpeg', bytes: file.length, triangles, complete: lossless && wanted.length === 0 }, file)
    }).catch((error: Error) => { this.#break(error) })
  }

  #tell (message: ToPainter, transfer: ArrayBuffer[] = []): void {
    if (!this.#closed) this.#worker.postMessage(message, transfer)
  }

  #break (error: Error): void {
    if (this.#closed) return
    this.close()
    this.#settings.onBroken(error)
  }
}
