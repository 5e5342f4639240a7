// The painting thread of a stream server that renders: carries out orders, one after the other.
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../clock.ts'
import { geometryReady } from './ssr/geometry.ts'
import type { FromThread, PaintingScene, ToPainter } from './ssr/orders.ts'
import { Studio } from './ssr/studio.ts'

await geometryReady
const scene = workerData as PaintingScene
const { newest } = scene
const studio = await Studio.open({ scene, clock: systemClock, onChange: (words, gpu) => { answer({ type: 'equipped', words, gpu }) } })

let last = Promise.resolve()
parentPort?.on('message', (message: ToPainter) => {
  last = last.then(async () => { await carryOut(message) })
})

async function carryOut (message: ToPainter): Promise<void> {
  switch (message.type) {
    case 'part': return await studio.put(message.part, message.level, message.glb)
    case 'texture': return await studio.dress(message.texture, message.pyramid)
    case 'mark': return studio.arrangement.mark(message)
    case 'style': return studio.arrangement.style(message)
    case 'rest': return studio.rest()
    case 'end':
      await studio.close()
      parentPort?.close()
      return
    case 'pick': return answer({ type: 'picked', id: message.id, ...await studio.pick(message.x, message.y) })
    case 'paint': {
      const painted = await studio.paint(message, () => message.mayStop && (Atomics.load(newest, 0) !== (message.seq | 0) || Atomics.load(newest, 1) !== (message.arrangement | 0)))
      return answer(painted, [message.pixels])
    }
  }
}

function answer (message: FromThread, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer)
}
