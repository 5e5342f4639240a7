import { join } from 'node:path'
import t from 'tap'
import { camera } from './support/viewer.ts'
import { NarrowWay } from './support/narrow-way.ts'
import { writeBalls } from './support/model.ts'
import { running } from './support/running.ts'
import { Watcher } from './support/watcher.ts'

const [width, height] = [1280, 720]

/** Turns about the balls, a camera each 16 ms, until stopped. */
class Turning {
  readonly asked = new Map<number, number>()
  readonly #viewer: Watcher
  #seq = 0
  #timer: NodeJS.Timeout | undefined

  constructor (viewer: Watcher) { this.#viewer = viewer }

  look (tolerance = 1): number {
    const angle = ++this.#seq / 20
    this.asked.set(this.#seq, performance.now())
    this.#viewer.say({ ...camera(this.#seq, [1 + 1.6 * Math.sin(angle), 0.3, 1.6 * Math.cos(angle)], [1, 0, 0], tolerance), width, height, background: 0xffffff })
    return this.#seq
  }

  start (): void { this.#timer = setInterval(() => { this.look() }, 16) }
  stop (): void { clearInterval(this.#timer) }
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!

for (const bytesPerSecond of [800_000, 60_000]) {
  t.test(`over a way of ${bytesPerSecond / 1000} kB/s the pictures are as good as come in time, and the best does not stand in the way of the next`, async t => {
    const { port, models } = await running(t, ['--ssr', 'true'])
    await writeBalls(join(models, 'smooth.glb'), { segments: 160 })
    const way = await NarrowWay.open(t, port, bytesPerSecond)
    const viewer = new Watcher(`ws://127.0.0.1:${way.port}`)
    await new Promise(resolve => viewer.socket.once('open', resolve))
    viewer.say({ type: 'open', model: 'smooth' })
    await viewer.scene()
    const turning = new Turning(viewer)
    const moving = (from: number) => viewer.pictures.slice(from).filter(({ frame }) => frame.format === 'jpeg')

    turning.start()
    t.teardown(() => { turning.stop() })
    await viewer.until(() => moving(0).length >= 70 ? true : undefined)
    turning.stop()
    const settled = moving(0).slice(30)
    const latency = median(settled.map(({ frame, at }) => at - turning.asked.get(frame.seq)!))
    const interval = (settled.at(-1)!.at - settled[0]!.at) / (settled.length - 1)
    // The camera may have been sent up to 16 ms before the picture is begun.
    t.ok(latency <= 2 * interval + 16, `${latency.toFixed(0)} ms from camera to picture, one each ${interval.toFixed(0)} ms, ${settled.at(-1)!.frame.width} pixels wide, ${settled.at(-1)!.file.length} bytes`)
    t.ok(interval < 250)
    if (bytesPerSecond < 100_000) t.ok(settled.every(({ frame }) => frame.width < width), 'they are smaller')

    const still = turning.look()
    await viewer.complete(still)
    const strips = viewer.pictures.filter(({ frame }) => frame.seq === still && frame.format === 'png')
    let row = 0
    for (const { frame } of strips) {
      t.equal(frame.top, row)
      row += frame.height
    }
    t.equal(row, height, 'the strips make one picture')
    if (bytesPerSecond < 100_000) t.ok(strips.length > 3, `${strips.length} strips`)
    t.ok(strips.every(({ file }) => file.length < bytesPerSecond / 5 || file.length < 4000), `${Math.max(...strips.map(({ file }) => file.length))} bytes at most`)

    // It rests, and moves again while the best picture is sent.
    const count = viewer.pictures.length
    const rested = turning.look()
    await viewer.until(() => viewer.pictures.slice(count).find(({ frame }) => frame.format === 'png'))
    const next = turning.look()
    const { at } = await viewer.until(() => viewer.pictures.find(({ frame }) => frame.seq === next))
    t.ok(at - turning.asked.get(next)! < 1000, `the next picture comes after ${(at - turning.asked.get(next)!).toFixed(0)} ms`)
    if (bytesPerSecond < 100_000) t.notOk(viewer.pictures.some(({ frame }) => frame.seq === rested && frame.complete), 'the best picture was not sent to its end')

    if (bytesPerSecond < 100_000) {
      const closer = turning.look(0.2)
      await viewer.complete(closer)
      const large = viewer.pictures.filter(({ frame }) => frame.seq === closer && frame.format === 'jpeg' && frame.width === width && frame.top === 0)
      t.equal(large.length, 1, 'none that lacks geometry, and is soon bettered, goes before the best')

      const dragged = viewer.pictures.length
      let moves = 0
      const hand = setInterval(() => { viewer.say({ type: 'style', ghosts: false, edges: false, explosion: ++moves / 1000, section: null }) }, 16)
      t.teardown(() => { clearInterval(hand) })
      await viewer.until(() => viewer.pictures.length >= dragged + 8 ? true : undefined)
      clearInterval(hand)
      t.ok(viewer.pictures.slice(dragged).every(({ frame }) => frame.width < width), 'what is taken apart by hand is smaller too')
    }

    way.bytesPerSecond = 50e6
    turning.start()
    await viewer.until(() => viewer.pictures.at(-1)!.frame.width === width && viewer.pictures.at(-1)!.frame.seq > next ? true : undefined)
    turning.stop()
    t.pass('where there is room the pictures have full size again')
    viewer.close()
  })
}
