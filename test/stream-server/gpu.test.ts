import { pathToFileURL } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'
import type { Runs, StyleMessage } from '../../src/stream-server/protocol.ts'
import { orderOf } from '../../src/stream-server/ssr/orders.ts'
import { programAddress } from '../../src/stream-server/ssr/painting-program.ts'
import { programs } from './support/bundle.ts'
import { PaintingProcess } from './support/painting-process.ts'
import type { Order, Painted } from './support/painting-process.ts'
import { shapes } from './support/shapes.ts'
import { camera } from './support/viewer.ts'

const [width, height] = [640, 360]
const program = pathToFileURL((await programs()).render)
const { pack, scene } = await shapes(t)
const [gpu, rasterizer] = await Promise.all([true, false].map(software => PaintingProcess.start(t, programAddress(program, { index: null, software }), scene))) as [PaintingProcess, PaintingProcess]
const both = [gpu, rasterizer]

type Place = [number, number, number]
let seq = 0
let arrangement = 0
const plain: Omit<StyleMessage, 'type'> = { ghosts: false, edges: false, explosion: 0, section: null }

function look (position: Place, target: Place, samples = 1): Order {
  const seen = { ...camera(++seq, position, target, 0.5), width, height, focal: height / 2 / Math.tan(Math.PI / 8), background: 0x336699 }
  return orderOf(seen, { scale: 1, coarseness: 1, arrangement, samples, mayStop: false })
}
const overview = (samples = 1) => look([4.5, 4, 7], [1.5, 0, 1.5], samples)

const arrange = (...messages: Parameters<PaintingProcess['tell']>[0][]) => {
  arrangement++
  for (const painter of both) for (const message of messages) painter.tell(message)
}
const mark = (what: 'selected' | 'hidden', instance: number, on: boolean) => ({ type: 'mark', what, runs: [instance, 1] as Runs, on }) as const
const style = (some: Partial<typeof plain>) => ({ type: 'style', ...plain, ...some }) as const

const paint = async (order: Order) => await Promise.all(both.map(async painter => await painter.paintWhole(order, pack))) as [Painted, Painted]

/** Share of the pixels of which a channel differs by more than `most`. */
function apart (a: Painted, b: Painted, most: number): number {
  const [one, other] = [new Uint8Array(a.pixels), new Uint8Array(b.pixels)]
  let differ = 0
  for (let at = 0; at < one.length; at += 4) if ([0, 1, 2].some(k => Math.abs(one[at + k]! - other[at + k]!) > most)) differ++
  return differ / (width * height)
}

/** Share of the pixels that may differ: where a corner lies, the GPU reckons in single precision. */
const tolerated = 0.0005
let before: Painted | null = null
/** Both paint the same, and something else than what was painted last. */
async function compare (t: Test, order: Order): Promise<void> {
  const [drawn, painted] = await paint(order)
  const share = apart(drawn, painted, 4)
  t.ok(share <= tolerated, `differ in ${(share * 100).toFixed(3)} % of the pixels`)
  t.ok(before === null || apart(drawn, before, 4) > 0.005, 'it is another picture')
  before = drawn
}

t.test('one paints with the GPU, the other does not', async t => {
  t.match(await gpu.equipment(), /^the GPU SwiftShader/)
  t.match(await rasterizer.equipment(), /^the rasterizer: SwiftShader.* is software, no GPU$/)
})

t.test('a picture without geometry asks for the same', async t => {
  const [drawn, painted] = await Promise.all(both.map(async painter => await painter.paint(overview())))
  t.ok(drawn!.wanted.length >= 4)
  t.same(drawn!.wanted, painted!.wanted)
  t.same(new Uint32Array(drawn!.pixels)[0], 0xff996633, 'the background')
  t.equal(apart(drawn!, painted!, 0), 0)
})

t.test('pictures are the same', async t => {
  await t.test('plain', async t => { await compare(t, overview()) })
  await t.test('with smooth edges', async t => {
    const [drawn, painted] = await paint(overview(16))
    t.ok(apart(drawn, painted, 4) <= tolerated)
    t.ok(apart(drawn, before!, 4) > 0.005)
    t.equal(drawn.samples, 16)
  })
  await t.test('from within, where triangles reach behind the eye', async t => { await compare(t, look([0.9, 0.1, 0.4], [0, 0.05, 0])) })
  await t.test('selected, hidden and ghosts', async t => {
    arrange(mark('selected', 0, true), mark('hidden', 2, true), style({ ghosts: true }))
    await compare(t, overview())
  })
  await t.test('cut open: solids are filled, what is open shows its inside', async t => {
    arrange(mark('selected', 0, false), mark('hidden', 2, false), style({ section: [-0.4, -1, 0.3, 0.2] }))
    await compare(t, overview())
  })
  await t.test('edges', async t => {
    arrange(style({ edges: true }))
    await compare(t, overview())
  })
  await t.test('taken apart', async t => {
    arrange(style({ explosion: 0.6 }))
    await compare(t, overview())
  })
})

t.test('what is pointed at is the same', async t => {
  arrange(style({}))
  await paint(overview())
  let hit = 0
  for (let i = 0; i < 160; i++) {
    const [x, y] = [(i % 16 + 0.5) / 16, (Math.floor(i / 16) + 0.5) / 10]
    const [drawn, painted] = await Promise.all(both.map(async painter => await painter.pick(i, x, y)))
    if (drawn!.instance !== painted!.instance) t.equal(drawn!.instance, painted!.instance, `at ${x}, ${y}`)
    if (drawn!.instance < 0) continue
    hit++
    const [a, b] = [drawn!.point!, painted!.point!]
    if (!(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) < 1e-4)) t.same(a, b)
  }
  t.ok(hit > 25, `${hit} times there is something`)
})

t.test('a picture that may be given up is, when there is a newer camera', async t => {
  for (const painter of both) {
    const order = { ...overview(), mayStop: true }
    painter.tell({ type: 'supersede', seq: order.seq + 1, arrangement })
    t.equal((await painter.order(order)).type, 'stopped')
    painter.tell({ type: 'supersede', seq: order.seq, arrangement })
    t.equal((await painter.order(order)).type, 'painted')
  }
})

t.test('both end in the middle of a picture, and nothing else does', async t => {
  for (const painter of both) {
    const order = overview()
    const next = overview(16)
    painter.tell(order)
    painter.tell(next)
    await painter.until(() => painter.heard.find(message => message.type === 'painted' && message.seq === order.seq))
    t.same(await painter.close(), { code: 0, signal: null })
  }
})
