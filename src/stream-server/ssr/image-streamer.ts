import type { Clock } from '../../clock.ts'
import type { CameraMessage, MarkMessage, PickedMessage, SceneMessage, StyleMessage } from '../protocol.ts'
import { orderOf } from './orders.ts'
import type { FromPainter, PaintOrder } from './orders.ts'
import { Pace } from './pace.ts'
import type { Means } from './pace.ts'
import { PaintingThread } from './painting-thread.ts'
import { PictureOutflow } from './picture-outflow.ts'
import type { PictureOutlet } from './picture-outflow.ts'
import { unpackingProgramOf } from './painting-program.ts'
import { TextureFeed } from './textures/texture-feed.ts'

/** Where everything goes that a viewer is told. */
export interface ImageOutlet extends PictureOutlet {
  sendPicked (message: PickedMessage): void
}

export interface ImageStreamerSettings {
  source: { scene: SceneMessage, read (part: number, level: number): Promise<Buffer>, readTexture (texture: number): Promise<Buffer> }
  /** Where the bundled `render.mjs` is, and what it is to paint with: `painting-program.ts`. */
  program: string
  outlet: ImageOutlet
  clock: Clock
  /** Told what pictures are painted with from now on, in words. */
  onEquipped: (words: string) => void
  /** Called once when no more pictures can be made. */
  onBroken: (error: Error) => void
}

/** How long camera and arrangement must rest before its picture is made better. */
const restMs = 160
const fewSamples = 4
const allSamples = 16

/** Sends one viewer pictures of what its camera sees: at once, then with smooth edges, at last lossless. The newest camera wins. */
export class ImageStreamer {
  #settings: ImageStreamerSettings
  #painter: PaintingThread
  #camera: CameraMessage | null = null
  /** Counts what was marked or styled: pictures of another count show something else. */
  #arrangement = 0
  /** What is painted. */
  #order: Pick<PaintOrder, 'arrangement'> & { means: Means | null, at: number, textures: number } | null = null
  /** What the last picture showed. */
  #shown = { seq: -1, arrangement: 0, samples: 0, stale: true, fine: false }
  /** Milliseconds from the order of a picture to having it painted, as it was last while the camera moved. */
  #lead = 0
  #loading = false
  /** What painting needs is given back. */
  #isAtRest = false
  #textures: TextureFeed
  /** Textures that have come. */
  #come = 0
  #resting = false
  #cancelRest = () => {}
  #cancelStep = () => {}
  #pace = new Pace()
  #outflow: PictureOutflow
  #closed = false

  constructor (settings: ImageStreamerSettings) {
    this.#settings = settings
    this.#painter = new PaintingThread({
      program: settings.program,
      scene: settings.source.scene,
      clock: settings.clock,
      onMessage: message => { this.#hear(message) },
      onEquipped: words => { this.#equipped(words) },
      onBroken: error => { this.#break(error) }
    })
    this.#textures = new TextureFeed({
      program: unpackingProgramOf(settings.program),
      read: texture => settings.source.readTexture(texture),
      onCome: (texture, pyramid) => {
        this.#come++
        this.#shown.stale = true
        this.#painter.tell({ type: 'texture', texture, pyramid }, pyramid === null ? [] : [pyramid.texels.buffer])
        this.#step()
      },
      onIdle: () => { this.#step() },
      onBroken: error => { this.#break(error) }
    })
    this.#outflow = new PictureOutflow({
      outlet: settings.outlet,
      clock: settings.clock,
      onEncoded: (means, bytes, rate) => { this.#pace.encoded(means, bytes, rate) },
      onSpare: pixels => { this.#painter.takeBack(pixels) },
      onRoom: () => { this.#step() },
      onBroken: error => { this.#break(error) }
    })
  }

  /** Number of the newest file sent. */
  get number (): number {
    return this.#outflow.number
  }

  /** Looks from another place; an older camera that was not looked at yet is forgotten. */
  look (camera: CameraMessage): void {
    this.#camera = camera
    this.#move()
    this.#step()
  }

  /** The viewer shows file `number`, at most `this.number`. */
  acknowledge (number: number): void {
    this.#outflow.acknowledge(number)
  }

  /** A ping of the outlet was answered, with its mark. */
  pong (mark: string): void {
    this.#outflow.pong(mark)
  }

  /** Answers `picked` with the instance at a place of the last picture; shares of its sides, 0 to 1. */
  pick (id: number, x: number, y: number): void {
    this.#painter.tell({ type: 'pick', id, x, y })
  }

  /** Selects or hides instances, or shows all in another way. */
  arrange (message: MarkMessage | StyleMessage): void {
    this.#arrangement++
    this.#move()
    this.#painter.tell(message)
    this.#step()
  }

  /** There is another outlet behind the same face: what was sent may not have come. Nothing is painted before the next camera. */
  restart (): void {
    this.#camera = null
    this.#outflow.restart()
    this.#cancelRest()
  }

  /** The outlet has room again. */
  resume (): void {
    this.#outflow.resume()
  }

  close (): void {
    if (this.#closed) return
    this.#closed = true
    this.#cancelRest()
    this.#cancelStep()
    this.#textures.close()
    this.#painter.close()
  }

  /** Something changes, and may go on changing. */
  #move (): void {
    this.#resting = false
    this.#outflow.abandon()
    if (this.#camera !== null) this.#painter.supersede(this.#camera.seq, this.#arrangement)
    this.#cancelRest()
    this.#cancelRest = this.#settings.clock.after(restMs, () => {
      this.#resting = true
      this.#step()
    })
  }

  /** Large pictures take long on the way: only the best go. */
  get #isNarrow (): boolean {
    return this.#pace.means.scale < 1
  }

  #step (): void {
    const camera = this.#camera
    if (this.#closed || this.#order !== null || this.#loading || camera === null) return
    const { seq, arrangement, samples, stale, fine } = this.#shown
    const current = seq === camera.seq && arrangement === this.#arrangement && !stale
    if (current && fine && samples >= allSamples) return this.#restPainter()
    // A picture that lacks textures is bettered by them before anything else.
    if (current && (!this.#resting || !this.#textures.isIdle)) return
    // A picture is not begun before its file could go: until then a newer camera may come.
    this.#cancelStep()
    const wait = this.#outflow.wait(this.#lead)
    if (wait === Infinity) return
    if (wait >= 1) {
      this.#cancelStep = this.#settings.clock.after(wait, () => { this.#step() })
      return
    }
    if (!current) this.#paint(camera, 1)
    // Where the way is narrow, a picture that is soon to be bettered would only be in the way of the better one.
    else if (!fine && !this.#isNarrow) this.#paint(camera, 1)
    else this.#paint(camera, samples < fewSamples ? fewSamples : allSamples)
  }

  /** The best picture is painted. What painting needs is given back when it has gone. */
  #restPainter (): void {
    if (this.#isAtRest || !this.#outflow.isEmpty) return
    this.#isAtRest = true
    this.#painter.rest()
  }

  #paint (camera: CameraMessage, samples: number): void {
    // What may be given up only betters a picture that is there: whoever changes something all the time shall see something too.
    const { seq, arrangement, stale } = this.#shown
    const seen = seq === camera.seq && arrangement === this.#arrangement
    const means = this.#resting && seen && !(stale && this.#isNarrow) ? null : this.#pace.means
    this.#isAtRest = false
    this.#order = { arrangement: this.#arrangement, means, at: this.#settings.clock.now(), textures: this.#come }
    this.#painter.paint(orderOf(camera, {
      scale: means?.scale ?? 1,
      coarseness: means === null ? 1 : this.#pace.coarseness,
      arrangement: this.#arrangement,
      samples,
      mayStop: means === null
    }))
  }

  #hear (message: FromPainter): void {
    if (this.#closed) return
    if (message.type === 'picked') return this.#settings.outlet.sendPicked(message)
    const order = this.#order
    this.#order = null
    if (order === null) return
    const { means } = order
    if (message.type === 'stopped') {
      this.#painter.takeBack(message.pixels)
      return this.#step()
    }
    const { seq, width, height, samples, triangles, wanted, textures, pixels } = message
    if (means !== null) {
      this.#pace.painted(message.milliseconds)
      this.#lead = this.#settings.clock.now() - order.at
    }
    const stale = wanted.length > 0 || order.textures !== this.#come
    if (wanted.length > 0) void this.#load(wanted)
    this.#textures.bring(textures)
    const outdated = this.#camera?.seq !== seq || this.#arrangement !== order.arrangement
    if (means === null && (outdated || (stale && this.#isNarrow))) {
      this.#painter.takeBack(pixels)
      return this.#step()
    }
    this.#shown = { seq, arrangement: order.arrangement, samples, stale, fine: means === null }
    const lossless = samples >= allSamples
    const quality = means?.quality ?? (samples > 1 ? 90 : 85)
    this.#outflow.send({ seq, width, height, pixels, triangles, format: lossless ? 'png' : 'jpeg', quality, complete: lossless && !stale && this.#textures.isIdle, means })
    this.#step() // The next is painted while this one is encoded.
  }

  /** Whatever was painted with before is gone, with all that could be picked from. */
  #equipped (words: string): void {
    if (this.#closed) return
    this.#settings.onEquipped(words)
    this.#shown.stale = true
    this.#step()
  }

  async #load (wanted: Array<{ part: number, level: number }>): Promise<void> {
    this.#loading = true
    try {
      for (const { part, level } of wanted) {
        const glb = new Uint8Array(await this.#settings.source.read(part, level))
        if (this.#closed) return
        this.#painter.tell({ type: 'part', part, level, glb }, [glb.buffer])
      }
    } catch (error) {
      this.#break(error as Error)
    }
    this.#loading = false
    this.#step()
  }

  #break (error: Error): void {
    if (this.#closed) return
    this.close()
    this.#settings.onBroken(error)
  }
}
