// A process with a painting thread, told what to do by its parent: with another environment than the tests, which Vulkan reads once.
import { systemClock } from '../../../src/clock.ts'
import type { SceneMessage } from '../../../src/stream-server/protocol.ts'
import type { PaintOrder, ToPainter } from '../../../src/stream-server/ssr/orders.ts'
import { paintingEnds, PaintingThread } from '../../../src/stream-server/ssr/painting-thread.ts'

export type ToProcess = { type: 'begin', program: string, scene: SceneMessage } | Exclude<ToPainter, PaintOrder> | Omit<PaintOrder, 'pixels'>
  | { type: 'supersede', seq: number, arrangement: number }
  /** So late is it that whoever waits gives up. */
  | { type: 'late' }
  | { type: 'close' }

let thread: PaintingThread | undefined
/** What is waited for. */
const deadlines = new Set<() => void>()
const clock = {
  now: () => systemClock.now(),
  after (_: number, action: () => void) {
    deadlines.add(action)
    return () => { deadlines.delete(action) }
  }
}
const tell = (message: object) => { process.send?.(message) }

process.on('message', (message: ToProcess) => {
  switch (message.type) {
    case 'begin':
      thread = new PaintingThread({
        program: message.program,
        scene: message.scene,
        clock,
        onMessage: tell,
        onEquipped: words => { tell({ type: 'equipped', words }) },
        onBroken: error => { tell({ type: 'broken', words: String(error.stack) }) }
      })
      return
    case 'paint': return thread?.paint(message)
    case 'supersede': return thread?.supersede(message.seq, message.arrangement)
    case 'late': return deadlines.forEach(action => { action() })
    case 'close':
      thread?.close()
      void paintingEnds().then(() => { process.exit(0) })
      return
    default: return thread?.tell(message)
  }
})
