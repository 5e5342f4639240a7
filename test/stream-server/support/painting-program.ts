// A process with a painting thread, told what to do by its parent: with another environment than the tests, which Vulkan reads once.
import { systemClock } from '../../../src/clock.ts'
import type { SceneMessage } from '../../../src/stream-server/protocol.ts'
import type { PaintOrder, ToPainter } from '../../../src/stream-server/ssr/orders.ts'
import { PaintingThread } from '../../../src/stream-server/ssr/painting-thread.ts'

export type ToProcess = { type: 'begin', program: string, scene: SceneMessage } | Exclude<ToPainter, PaintOrder> | Omit<PaintOrder, 'pixels'> | { type: 'close' }

let thread: PaintingThread | undefined
const tell = (message: object) => { process.send?.(message) }

process.on('message', (message: ToProcess) => {
  switch (message.type) {
    case 'begin':
      thread = new PaintingThread({
        program: message.program,
        scene: message.scene,
        clock: systemClock,
        onMessage: tell,
        onEquipped: words => { tell({ type: 'equipped', words }) },
        onBroken: error => { tell({ type: 'broken', words: String(error.stack) }) }
      })
      return
    case 'paint': return thread?.paint(message)
    case 'close':
      thread?.close()
      process.disconnect()
      return
    default: return thread?.tell(message)
  }
})
