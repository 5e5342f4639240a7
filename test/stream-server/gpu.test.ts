import { writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import t from 'tap'
import { orderOf } from '../../src/stream-server/ssr/orders.ts'
import { programAddress } from '../../src/stream-server/ssr/painting-program.ts'
import { modelsFolder, programs } from './support/bundle.ts'
import { PaintingProcess } from './support/painting-process.ts'
import { opened, store } from './support/store.ts'
import { camera } from './support/viewer.ts'

const { render } = await programs()
t.test('x', async t => {
  const { file, open } = await store(t)
  await copyFile(join(modelsFolder, 'drive-unit.glb'), file('a.glb'))
  const pack = await opened(t, open(file('a.glb')))
  const size = { width: 1280, height: 720 }
  const look = { ...camera(1, [1.2, 0.9, 1.8], [0, 0.1, 0]), ...size, background: 0xffffff }
  const out: Record<string, Buffer> = {}
  for (const software of [false, true]) {
    const p = await PaintingProcess.start(t, programAddress(pathToFileURL(render), { index: null, software }), pack.scene)
    console.log(await p.equipment())
    const order = orderOf(look, { scale: 1, coarseness: 1, arrangement: 0, samples: 1, mayStop: false })
    const t0 = performance.now()
    const painted = await p.paintWhole(order, (part, level) => pack.read(part, level))
    console.log('whole', performance.now() - t0, painted.triangles)
    for (let i = 0; i < 5; i++) console.log((await p.paint(order)).milliseconds)
    out[String(software)] = Buffer.from(painted.pixels)
    const png = new PNG(size); png.data = Buffer.from(painted.pixels); await writeFile(`/tmp/gpu-x/${software}.png`, PNG.sync.write(png))
    console.log(await p.pick(1, 0.5, 0.5))
    console.log(await p.close())
  }
  let n = 0, worst = 0, big = 0
  for (let i = 0; i < out['true']!.length; i++) { const d = Math.abs(out['true']![i]! - out['false']![i]!); if (d > 0) n++; if (d > 8) big++; worst = Math.max(worst, d) }
  console.log({ n, big, worst, of: out['true']!.length })
})
