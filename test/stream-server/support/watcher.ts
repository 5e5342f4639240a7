import { PNG } from 'pngjs'
import type { FrameMessage } from '../../../src/stream-server/protocol.ts'
import { TestViewer } from './viewer.ts'

export interface Sight {
  frame: FrameMessage
  file: Buffer
  /** What is on the screen then, four bytes a pixel, of the files without loss; others are not looked into. */
  colors: Buffer
  /** Milliseconds of `performance.now()`. */
  at: number
}

/** A viewer that is shown pictures, and says so. */
export class Watcher extends TestViewer {
  readonly pictures: Sight[] = []
  #screen = Buffer.alloc(0)

  protected override take (bytes: Buffer): void {
    const frame = this.messages.findLast((message): message is FrameMessage => message.type === 'frame')
    if (frame === undefined) throw new Error('a file that no frame told of')
    if (frame.format === 'png') {
      const { data, width, height } = PNG.sync.read(bytes)
      if (width !== frame.width || height !== frame.height) throw new Error('a file of another size than its frame said')
      const size = width * frame.whole * 4
      if (this.#screen.length !== size) this.#screen = Buffer.alloc(size)
      data.copy(this.#screen, width * frame.top * 4)
    }
    this.pictures.push({ frame, file: bytes, colors: frame.complete ? Buffer.from(this.#screen) : this.#screen, at: performance.now() })
    if (this.acknowledges) this.say({ type: 'shown', frame: frame.number })
  }

  /** The picture of this camera than which none is better. */
  async complete (seq: number): Promise<Sight> {
    return await this.until(() => this.pictures.find(({ frame }) => frame.seq === seq && frame.complete))
  }
}
