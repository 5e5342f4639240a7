import t from 'tap'
import type { CameraMessage } from '../../src/stream-server/protocol.ts'
import { CameraFeed } from '../../src/viewer/camera-feed.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

const view = (x: number) => ({ viewProjection: [x, ...new Array<number>(15).fill(0)], position: [x, 0, 0] as [number, number, number], focal: 800, tolerance: 1 })

function feed (): { clock: FakeClock, sent: CameraMessage[], feed: CameraFeed } {
  const clock = new FakeClock()
  const sent: CameraMessage[] = []
  return { clock, sent, feed: new CameraFeed(clock, message => { sent.push(message) }) }
}

t.test('the first view is told at once', async t => {
  const { sent, feed: camera } = feed()
  t.notOk(camera.settled)
  camera.moved(view(1))
  t.strictSame(sent, [{ type: 'camera', seq: 1, ...view(1) }])
  t.ok(camera.settled)
})

t.test('while it moves, the camera is told ten times a second at most, the newest view each time', async t => {
  const { clock, sent, feed: camera } = feed()
  for (let frame = 0; frame < 60; frame++) {
    camera.moved(view(frame))
    await clock.advance(16)
  }
  t.ok(sent.length >= 9 && sent.length <= 10, `${sent.length} messages in 960 ms`)
  t.strictSame(sent.map(({ seq }) => seq), sent.map((_, index) => index + 1))
})

t.test('once at rest, the last view is told', async t => {
  const { clock, sent, feed: camera } = feed()
  camera.moved(view(1))
  camera.moved(view(2))
  camera.moved(view(3))
  t.notOk(camera.settled)
  await clock.advance(100)
  t.equal(sent.at(-1)?.position[0], 3)
  t.equal(camera.newest, 2)
  t.ok(camera.settled)
  t.equal(clock.pending, 0)
})

t.test('a frame that shows the same view is no news', async t => {
  const { clock, sent, feed: camera } = feed()
  camera.moved(view(1))
  camera.moved(view(1))
  await clock.advance(1000)
  t.equal(sent.length, 1)
})

t.test('a camera that comes back to where it was has nothing to tell', async t => {
  const { clock, sent, feed: camera } = feed()
  camera.moved(view(1))
  camera.moved(view(2))
  camera.moved(view(1))
  t.ok(camera.settled)
  await clock.advance(1000)
  t.equal(sent.length, 1)
})

t.test('a closed feed says nothing more, and closing twice is nothing', async t => {
  const { clock, sent, feed: camera } = feed()
  camera.moved(view(1))
  camera.moved(view(2))
  camera.close()
  camera.close()
  await clock.advance(1000)
  t.equal(sent.length, 1)
  t.equal(clock.pending, 0)
})
