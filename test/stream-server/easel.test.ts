import t from 'tap'
import type { Artist } from '../../src/stream-server/ssr/artist.ts'
import { Easel } from '../../src/stream-server/ssr/easel.ts'
import type { PaintOrder } from '../../src/stream-server/ssr/orders.ts'

const viewProjection = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]

/** Draws the instance 4 everywhere, unless it is stopped half-way. */
const artist: Artist = {
  async paint (canvas, { background }, superseded) {
    canvas.clear(background)
    if (superseded()) return null
    canvas.ids.fill(5)
    canvas.depth.fill(0.5)
    return { triangles: 1, wanted: [], textures: [] }
  }
}

const order = (samples: number): PaintOrder => ({
  type: 'paint', seq: 1, arrangement: 0, width: 8, height: 8, samples, mayStop: true, background: 0xffffffff, pixels: new ArrayBuffer(8 * 8 * 4), view: { viewProjection, tolerance: 1 } as unknown as PaintOrder['view']
})

t.test('a picture that was given up half-way is picked from as if it had not been', async t => {
  for (const samples of [1, 4]) {
    const easel = new Easel(artist, 10, () => 0)
    t.match(await easel.paint(order(samples), () => false), { type: 'painted' })
    t.match(await easel.pick(0.5, 0.5), { instance: 4 })
    const stopped = order(samples === 1 ? 1 : 16)
    t.match(await easel.paint(stopped, () => true), { type: 'stopped' })
    // Its pixels went back to whoever gave the order.
    structuredClone(stopped.pixels, { transfer: [stopped.pixels] })
    t.match(await easel.pick(0.5, 0.5), { instance: 4 })
    t.match(await easel.paint(order(samples), () => false), { type: 'painted' }, 'and the next one is painted as ever')
  }
})

t.test('there is nothing to pick before anything was painted', async t => {
  t.match(await new Easel(artist, 10, () => 0).pick(0.5, 0.5), { instance: -1 })
})
