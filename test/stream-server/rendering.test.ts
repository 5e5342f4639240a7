import t from 'tap'
import { PNG } from 'pngjs'
import type { FrameMessage, PickedMessage } from '../../src/stream-server/protocol.ts'
import { running } from './support/running.ts'
import { TestViewer, camera } from './support/viewer.ts'

/** A viewer that is shown pictures, and says so. */
class Watcher extends TestViewer {
  readonly pictures: Array<{ frame: FrameMessage, file: Buffer }> = []

  protected override take (bytes: Buffer): void {
    const frame = this.messages.findLast((message): message is FrameMessage => message.type === 'frame')
    if (frame === undefined) throw new Error('a file that no frame told of')
    this.pictures.push({ frame, file: bytes })
    if (this.acknowledges) this.say({ type: 'shown', frame: frame.number })
  }

  async complete (seq: number) {
    return await this.until(() => this.pictures.find(({ frame }) => frame.seq === seq && frame.complete))
  }
}

const sized = (seq: number, more: object = {}) => ({ ...camera(seq, [1, 0.5, 4], [1, 0, 0]), width: 320, height: 180, background: 0xffffff, focal: 180 / 2 / Math.tan(Math.PI / 8), ...more })

async function watch (t: Parameters<typeof running>[0]) {
  const { url, server } = await running(t, ['--ssr', 'true'])
  const viewer = new Watcher(url)
  await new Promise(resolve => viewer.socket.once('open', resolve))
  viewer.say({ type: 'open', model: 'balls' })
  return { viewer, server }
}

t.test('a viewer is sent pictures: at once, then better ones, at last one without loss', async t => {
  const { viewer } = await watch(t)
  viewer.say(sized(1))
  const { frame, file } = await viewer.complete(1)
  t.match(frame, { width: 320, height: 180, format: 'png', bytes: file.length })
  t.match(viewer.pictures[0]?.frame, { number: 1, format: 'jpeg', complete: false })
  for (const { frame, file } of viewer.pictures) {
    t.equal(file.length, frame.bytes)
    if (frame.format === 'jpeg') t.equal(file.readUInt16BE(0), 0xffd8)
  }
  const { data, width, height } = PNG.sync.read(file)
  t.same([width, height], [320, 180])
  t.same([...data.subarray(0, 3)], [255, 255, 255], 'nothing is in the corner')
  const middle = (90 * 320 + 160) * 4
  const [red = 0, green = 0, blue = 0] = data.subarray(middle, middle + 3)
  t.ok(red > 120 && red > 2 * green && red > 2 * blue, `the ball in the middle is red: ${red} ${green} ${blue}`)
  viewer.close()
})

t.test('a viewer asks what it points at, and has it stand out', async t => {
  const { viewer } = await watch(t)
  viewer.say(sized(1))
  const before = await viewer.complete(1)
  const ask = async (id: number, x: number, y: number) => {
    viewer.say({ type: 'pick', id, x, y })
    return (await viewer.until(() => viewer.messages.find((message): message is PickedMessage => message.type === 'picked' && message.id === id))).instance
  }
  t.equal(await ask(1, 0.5, 0.5), 1)
  t.equal(await ask(2, 0, 0), -1)
  const pictures = viewer.pictures.length
  viewer.say({ type: 'highlight', instance: 1 })
  const after = await viewer.until(() => viewer.pictures.slice(pictures).find(({ frame }) => frame.complete))
  t.notSame(after.file, before.file)
  viewer.close()
})

t.test('the newest camera wins: what came before it is not painted to the end', async t => {
  const { viewer } = await watch(t)
  for (let seq = 1; seq <= 200; seq++) viewer.say(sized(seq, { position: [1, 0.5, 4 + seq / 100] }))
  await viewer.complete(200)
  t.ok(viewer.pictures.length < 60, `${viewer.pictures.length} pictures`)
  const order = viewer.pictures.map(({ frame }) => frame.seq)
  t.same(order, [...order].sort((a, b) => a - b))
  viewer.close()
})

t.test('a viewer that does not say what it shows is sent two pictures and no more', async t => {
  const { viewer } = await watch(t)
  viewer.acknowledges = false
  viewer.say(sized(1))
  await viewer.until(() => viewer.pictures.length === 2 ? true : undefined)
  viewer.say(sized(2))
  viewer.say({ type: 'pick', id: 1, x: 0.5, y: 0.5 })
  await viewer.until(() => viewer.messages.find(({ type }) => type === 'picked'))
  t.equal(viewer.pictures.length, 2)
  viewer.acknowledges = true
  viewer.say({ type: 'shown', frame: 2 })
  await viewer.complete(2)
  viewer.close()
})

for (const [what, message, reason] of [
  ['no size', camera(1, [1, 0.5, 4], [1, 0, 0]), /width and height/],
  ['a size beyond all screens', sized(1, { width: 4097 }), /1 to 4096/],
  ['half a pixel', sized(1, { height: 0.5 }), /1 to 4096/],
  ['a picture shown that never was', { type: 'shown', frame: 10 }, /more than was sent/],
  ['a place beside the picture', { type: 'pick', id: 1, x: 1.5, y: 0 }, /0 to 1/],
  ['no instance', { type: 'highlight', instance: -2 }, /instance/]
] as const) {
  t.test(`a viewer that tells nonsense is refused: ${what}`, async t => {
    const { viewer, server } = await watch(t)
    viewer.say(message)
    t.match(await viewer.closed, { code: 1008, reason })
    await server.finished
  })
}
