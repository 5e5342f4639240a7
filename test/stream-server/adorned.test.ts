import t from 'tap'
import type { PartInfo, SceneMessage } from '../../src/stream-server/protocol.ts'
import { pixelsOf } from '../../src/stream-server/preparing/picture.ts'
import { Arrangement } from '../../src/stream-server/ssr/arrangement.ts'
import { Easel } from '../../src/stream-server/ssr/easel.ts'
import { decodeGeometry } from '../../src/stream-server/ssr/geometry.ts'
import type { Geometry } from '../../src/stream-server/ssr/geometry.ts'
import { GeometryStore } from '../../src/stream-server/ssr/geometry-store.ts'
import { Painter } from '../../src/stream-server/ssr/painter.ts'
import { lastLevel, linear, pyramidBytes, pyramidOf, stepsOf } from '../../src/stream-server/ssr/textures/pyramid.ts'
import { Skin } from '../../src/stream-server/ssr/textures/skin.ts'
import { TextureStore } from '../../src/stream-server/ssr/textures/texture-store.ts'
import { board, checks, green, red } from './support/board.ts'
import { camera } from './support/viewer.ts'

const [width, height] = [320, 180]
const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
const focal = height / 2 / Math.tan(Math.PI / 8)

/** A board as it lies in a pack. */
function boardGeometry (half: number, repeats: number, colors?: Uint8Array): Geometry {
  const { positions, uvs, indices } = board(half, repeats)
  const grid = Array.from({ length: positions.length / 3 }, (_, i) => [0, 1, 2].map(k => Math.round(positions[i * 3 + k]! / half * 32767)).concat(0)).flat()
  return {
    positions: new Int16Array(grid),
    normals: new Int8Array(positions.length / 3 * 4).map((_, i) => i % 4 === 1 ? 127 : 0),
    indices: new Uint16Array(indices),
    uvs,
    ...colors && { colors },
    adorned: true,
    stretch: repeats / half / 2,
    center: [0, 0, 0],
    scale: half / 32767,
    closed: false,
    bytes: 0
  }
}

class OpenStore extends GeometryStore {
  readonly #geometry: Geometry

  constructor (geometry: Geometry) {
    super(0, 0, decodeGeometry)
    this.#geometry = geometry
  }

  override has (): boolean { return true }
  override get (): Geometry { return this.#geometry }
}

interface SceneSettings { half?: number, repeats?: number, size?: number, count?: number, colors?: Uint8Array, texture?: boolean }

/** A painter of one board, and what it takes textures from. */
function studio ({ half = 4, repeats = 1, size = 64, count = 8, colors, texture = true }: SceneSettings) {
  const file = checks(size, count)
  const part: PartInfo = { name: 'Board', min: [-half, 0, -half], max: [half, 0, half], color: [1, 1, 1, 1], metallic: 0, roughness: 1, ...texture && { texture: 0, average: [0.4, 0.4, 0.01, 1] }, levels: [{ triangles: 2, vertices: 4, error: 0, bytes: 0 }] }
  const textures: NonNullable<SceneMessage['textures']> = [{ mimeType: 'image/png', width: size, height: size, bytes: file.length }]
  const scene = { parts: [part], instances: [{ part: 0, node: 0, matrix: identity }], min: part.min, max: part.max, textures }
  const store = new TextureStore(textures, 2 ** 24, pyramid => new Skin(pyramid))
  const easel = new Easel(new Painter(scene, new OpenStore(boardGeometry(half, repeats, colors)), store, new Arrangement(1)), 1, () => 0)
  let seq = 0
  const paint = async (position: [number, number, number], target: [number, number, number], samples = 1) => {
    const { viewProjection } = camera(++seq, position, target)
    const painted = await easel.paint({ type: 'paint', seq, view: { viewProjection, position, focal, tolerance: 1 }, width, height, background: 0xffffffff, arrangement: 0, samples, mayStop: false, pixels: new ArrayBuffer(width * height * 4) }, () => false)
    if (painted.type !== 'painted') throw new Error(painted.type)
    return { ...painted, colors: new Uint8Array(painted.pixels), viewProjection }
  }
  /** Brings what a picture lacks, and paints it. */
  const paintWhole = async (...all: Parameters<typeof paint>) => {
    for (;;) {
      const painted = await paint(...all)
      if (painted.textures.length === 0) return painted
      for (const { texture, level } of painted.textures) {
        const { width, height, data } = pixelsOf(file)
        store.put(texture, pyramidOf(width, height, data, level))
      }
    }
  }
  return { paint, paintWhole, store }
}

/** Where the ray through a pixel's middle meets the plane y = 0. */
function onPlane (m: number[], column: number, row: number): [number, number] {
  const [x, y] = [(column + 0.5) / width * 2 - 1, 1 - (row + 0.5) / height * 2]
  // Two planes through the ray, each without its y: a X + b Z + c = 0.
  const plane = (value: number, line: number) => [0, 2, 3].map(k => m[k * 4 + line]! - value * m[k * 4 + 3]!) as [number, number, number]
  const [[a, b, c], [d, e, f]] = [plane(x, 0), plane(y, 1)]
  const whole = a * e - b * d
  return [(b * f - c * e) / whole, (c * d - a * f) / whole]
}

t.test('a texture lies where it is told to, in perspective, and repeats beyond its edges', async t => {
  const [half, repeats, count] = [4, 3, 4]
  const { paintWhole } = studio({ half, repeats, count })
  for (const samples of [1, 16]) {
    const { colors, viewProjection } = await paintWhole([3, 1.1, 4], [0, 0, 0], samples)
    let [seen, wrong] = [0, 0]
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const [x, z] = onPlane(viewProjection, column, row)
        const squares = [x, z].map(value => (value / half / 2 + 0.5) * repeats * count) as [number, number]
        // Near its border a pixel has some of the next square; far away many have.
        if (Math.hypot(x - 3, z - 4) > 6 || squares.some(value => value < 0.2 || value > repeats * count - 0.2 || Math.abs(value - Math.round(value)) < 0.2)) continue
        seen++
        const at = (row * width + column) * 4
        if ((colors[at]! > colors[at + 1]!) !== ((Math.floor(squares[0]) + Math.floor(squares[1])) % 2 === 1)) wrong++
      }
    }
    t.ok(seen > 5000, `${seen} pixels are in the middle of a square`)
    t.equal(wrong, 0, `${samples} samples`)
  }
})

t.test('what is small in the distance has its mean light, and does not flicker', async t => {
  const { paintWhole } = studio({ half: 40, repeats: 40, size: 64, count: 16 })
  const expected = [0, 1, 2].map(k => (linear[red[k]!]! + linear[green[k]!]!) / 2)
  const channel = (colors: Uint8Array, k: number, row: number) => Array.from({ length: 120 }, (_, i) => colors[(row * width + 100 + i) * 4 + k]!)
  const means: number[] = []
  for (const shift of [0, 0.013, 0.026]) {
    const { colors } = await paintWhole([shift, 1.5, 30 + shift], [shift, 0, 0])
    const [reds, greens] = [channel(colors, 0, height / 2), channel(colors, 1, height / 2)]
    t.ok(Math.max(...reds) - Math.min(...reds) < 12, `reds are alike: ${Math.min(...reds)} to ${Math.max(...reds)}`)
    means.push(reds.reduce((a, b) => a + b) / 120)
    const ratio = linear[reds[60]!]! / linear[greens[60]!]!
    t.ok(Math.abs(ratio / (expected[0]! / expected[1]!) - 1) < 0.1, `mean light, not mean bytes: ${ratio}`)
  }
  t.ok(Math.max(...means) - Math.min(...means) < 3, `${means}`)
})

t.test('a texture is asked for as fine as it is looked at; until it comes its mean colour is seen', async t => {
  const { paint, store } = studio({ size: 512, count: 64 })
  const far = await paint([0, 30, 0.1], [0, 0, 0])
  t.match(far.textures, [{ texture: 0, level: 2 }], '512 pixels of it lie on some 60')
  t.same((await paint([0, 30, 0.1], [0, 0, 0])).textures, [], 'it is on its way')
  const middle = (height / 2 * width + width / 2) * 4
  const [r = 0, g = 0, b = 0] = far.colors.subarray(middle, middle + 3)
  t.ok(Math.abs(r - g) < 8 && b < r / 2, `${r} ${g} ${b}`)
  t.equal(store.bytes, 0)
  store.put(0, null)
  t.same((await paint([0, 0.5, 0.1], [0, 0, 0])).textures, [], 'one that cannot be had is not asked for again')

  const other = studio({ size: 512, count: 64 })
  await other.paintWhole([0, 30, 0.1], [0, 0, 0])
  t.equal(other.store.bytes, pyramidBytes(512, 512, 2))
  await other.paintWhole([0, 0.5, 0.1], [0, 0, 0])
  t.equal(other.store.bytes, pyramidBytes(512, 512, 0))
  const { samples } = await paint([0, 30, 0.1], [0, 0, 0], 16)
  t.equal(samples, 16)
  t.equal((await studio({}).paint([0, 30, 0.1], [0, 0, 0], 16)).samples, 1, 'what lacks its texture is not painted sixteen times')
})

t.test('colours at corners run over the surface', async t => {
  const colors = new Uint8Array([255, 0, 0, 255, 0, 255, 0, 255, 255, 0, 0, 255, 0, 255, 0, 255])
  const { paint } = studio({ colors, texture: false })
  const { colors: seen, viewProjection } = await paint([0, 12, 0.01], [0, 0, 0])
  const row = height / 2
  for (let column = width / 2 - 40; column < width / 2 + 40; column += 5) {
    const share = onPlane(viewProjection, column, row)[0] / 8 + 0.5
    const [r = 0, g = 0] = seen.subarray((row * width + column) * 4, (row * width + column) * 4 + 2)
    t.ok(Math.abs(linear[g]! / (linear[r]! + linear[g]!) - share) < 0.03, `${column}: ${r} ${g}, ${share.toFixed(2)}`)
  }
})

t.test('textures take no more memory than they may, and what is drawn is kept', async t => {
  const size = { width: 256, height: 256 }
  const most = pyramidBytes(256, 256, 0) + pyramidBytes(256, 256, 2)
  const gone: Skin[] = []
  const store = new TextureStore([size, size, size], most, pyramid => new Skin(pyramid), skin => { gone.push(skin) })
  const bring = (texture: number, level: number) => {
    const wish = store.ask(texture, level)
    if (wish === null) return null
    store.put(texture, pyramidOf(256, 256, new Uint8Array(256 * 256 * 4), wish.level))
    t.ok(store.bytes <= most, `${store.bytes} of ${most}`)
    return wish.level
  }
  store.turn()
  t.equal(bring(0, 0), 0)
  t.equal(store.ask(0, 3)?.level, undefined, 'what is finer will do')
  t.equal(bring(1, 0), 2, 'as fine as there is room')
  t.equal(bring(1, 0), null, 'and no more is asked')
  t.equal(bring(2, 0), null, 'there is no room beside what is drawn')
  store.turn()
  store.get(1)
  store.turn()
  store.get(1)
  const first = store.get(2)
  t.equal(first, undefined)
  t.equal(bring(2, 0), 0, 'what is not drawn any more makes room')
  t.equal(gone.length, 1)
  t.equal(store.get(0), undefined)
  t.ok(store.get(1) && store.get(2))
})

t.test('copies get smaller down to one pixel, whatever the size, and keep the light', async t => {
  for (const [wide, high] of [[1, 1], [7, 3], [64, 1], [33, 80]] as const) {
    const steps = stepsOf(wide, high)
    t.equal(steps.length - 1, lastLevel(wide, high))
    t.match(steps.at(-1), { width: 1, height: 1 })
    const all = pyramidOf(wide, high, new Uint8Array(wide * high * 4).fill(100), 0)
    t.equal(all.texels.byteLength, pyramidBytes(wide, high, 0))
    t.ok(all.texels.every(value => value === 0xff646464))
    t.same(pyramidOf(wide, high, new Uint8Array(wide * high * 4).fill(100), 99).texels, [0xff646464])
  }
  const halves = pyramidOf(2, 1, new Uint8Array([255, 255, 255, 255, 0, 0, 0, 255]), 0)
  t.equal(halves.texels[2]! & 255, 188, 'half of the light, which is more than half of the byte')
})
