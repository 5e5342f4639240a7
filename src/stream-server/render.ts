// The painting thread of a stream server that renders: carries out orders, one after the other.
import { parentPort, workerData } from 'node:worker_threads'
import { partsInPieces } from './pieces.ts'
import { Easel } from './ssr/easel.ts'
import { geometryReady } from './ssr/geometry.ts'
import { GeometryStore } from './ssr/geometry-store.ts'
import type { FromPainter, PaintingScene, ToPainter } from './ssr/orders.ts'
import { Painter } from './ssr/painter.ts'

await geometryReady
const scene = workerData as PaintingScene
const { parts, newest, mostBytes } = scene
const store = new GeometryStore(partsInPieces(parts).length, mostBytes)
const painter = new Painter(scene, store)
const easel = new Easel(painter, () => performance.now())

parentPort?.on('message', (message: ToPainter) => {
  switch (message.type) {
    case 'part': return store.put(message.part, message.level, message.glb)
    case 'mark': return painter.arrangement.mark(message)
    case 'style': return painter.arrangement.style(message)
    case 'pick': return answer({ type: 'picked', id: message.id, ...easel.pick(message.x, message.y) })
    case 'paint': {
      const painted = easel.paint(message, () => message.mayStop && (Atomics.load(newest, 0) !== (message.seq | 0) || Atomics.load(newest, 1) !== (message.arrangement | 0)))
      return answer(painted, [message.pixels])
    }
  }
})

function answer (message: FromPainter, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer)
}
