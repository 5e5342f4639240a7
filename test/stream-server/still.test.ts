import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import jpeg from 'jpeg-js'
import { PNG } from 'pngjs'
import t from 'tap'
import { Pack } from '../../src/stream-server/models/pack.ts'
import { giveBack } from '../../src/stream-server/ssr/give-back.ts'
import { orderOf } from '../../src/stream-server/ssr/orders.ts'
import { programAddress } from '../../src/stream-server/ssr/painting-program.ts'
import { encodePng } from '../../src/stream-server/ssr/png.ts'
import { programs } from './support/bundle.ts'
import { dice } from './support/dice.ts'
import { PaintingProcess } from './support/painting-process.ts'
import { running } from './support/running.ts'
import { camera } from './support/viewer.ts'
import { Watcher } from './support/watcher.ts'

const [width, height] = [320, 180]
const sized = (seq: number) => ({ ...camera(seq, [1, 0.5, 4], [1, 0, 0]), width, height, background: 0xffffff, focal: height / 2 / Math.tan(Math.PI / 8) })

t.test('a PNG file has just the pixels it was made of, however many rows', async t => {
  const random = dice(7)
  for (const [wide, high] of [[1, 1], [5, 15], [64, 16], [33, 17], [300, 161]] as const) {
    const pixels = Uint32Array.from({ length: wide * high }, () => (0xff000000 | random() * 2 ** 24) >>> 0)
    const { data, width, height } = PNG.sync.read(await encodePng(pixels, wide, high))
    t.same([width, height], [wide, high])
    t.ok(data.equals(Buffer.from(pixels.buffer)), `${wide}×${high}`)
  }
})

t.test('memory is given back at once', async t => {
  const buffer = new ArrayBuffer(1000)
  giveBack(buffer)
  t.equal(buffer.byteLength, 0)
})

t.test('the picture of a camera at rest is what was painted, to the last bit, and its edges are smooth', async t => {
  const { url, workspace } = await running(t, ['--ssr', 'true'])
  const viewer = new Watcher(url)
  await new Promise(resolve => viewer.socket.once('open', resolve))
  viewer.say({ type: 'open', model: 'balls' })
  viewer.say(sized(1))
  const { colors } = await viewer.complete(1)

  const [name = ''] = await readdir(join(workspace, 'packs'))
  const pack = await Pack.open(join(workspace, 'packs', name))
  if (pack === null) throw new Error('there is no pack')
  t.teardown(() => pack.close())
  const painter = await PaintingProcess.start(t, programAddress(pathToFileURL((await programs()).render), { index: 'none', software: false }), pack.scene, {})
  const paint = async (samples: number) => Buffer.from((await painter.paintWhole(orderOf(sized(1), { scale: 1, coarseness: 1, arrangement: 0, samples, mayStop: false }), pack)).pixels)
  const [plain, smooth] = [await paint(1), await paint(16)]
  t.ok(smooth.equals(colors), 'lossless')
  painter.tell({ type: 'rest' })
  t.ok((await paint(16)).equals(colors), 'what was given back is made anew')

  /** Pixels between the white of the background and the red of the balls, which has little green. */
  const between = (data: Uint8Array) => {
    let count = 0
    for (let at = 0; at < data.length; at += 4) if (data[at + 1]! > 150 && data[at + 1]! < 250) count++
    return count
  }
  t.equal(between(plain), 0)
  t.ok(between(smooth) > 100, `${between(smooth)} pixels are on an edge`)
  const apart = ({ file }: { file: Buffer }) => jpeg.decode(file, { useTArray: true }).data.reduce((sum, value, i) => sum + Math.abs(value - plain[i]!), 0) / plain.length
  const moving = viewer.pictures.filter(({ frame }) => frame.format === 'jpeg').map(apart)
  t.ok(Math.min(...moving) < 1, `one before it was the plain one, as JPEG: ${moving.map(value => value.toFixed(2)).join(', ')} of 255 apart`)
  viewer.close()
})

t.test('after it has rested a server paints what it painted before', async t => {
  const { url } = await running(t, ['--ssr', 'true'])
  const viewer = new Watcher(url)
  await new Promise(resolve => viewer.socket.once('open', resolve))
  viewer.say({ type: 'open', model: 'balls' })
  viewer.say(sized(1))
  const { colors } = await viewer.complete(1)
  viewer.say({ ...sized(2), ...camera(2, [2, 0.5, 4], [1, 0, 0]) })
  t.notOk((await viewer.complete(2)).colors.equals(colors))
  viewer.say(sized(3))
  t.ok((await viewer.complete(3)).colors.equals(colors))
  viewer.say({ type: 'pick', id: 1, x: 0.5, y: 0.5 })
  const picked = await viewer.until(() => viewer.messages.find(message => message.type === 'picked'))
  t.match(picked, { instance: 1 }, 'what is seen can be pointed at')
  viewer.close()
})
