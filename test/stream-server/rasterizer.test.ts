import t from 'tap'
import { clip, cornerStride, guard, isInside, mostCorners } from '../../src/stream-server/ssr/clipper.ts'
import { Framebuffer } from '../../src/stream-server/ssr/framebuffer.ts'
import { fillTriangle, steps } from '../../src/stream-server/ssr/triangle.ts'
import { dice } from './support/dice.ts'

type Corner = [number, number, number]
const opaque = { id: 1, cover: 16, phase: 0, hatching: null }
const fill = (target: Framebuffer, [a, b, c]: [Corner, Corner, Corner], id = 1, color = 0xff0000ff) => {
  fillTriangle(target, { ...opaque, id }, ...a, color, ...b, color, ...c, color)
}

/** By the book: each pixel's middle against each edge, in exact numbers; nobody is drawn before or behind it. */
function covered ([a, b, c]: [Corner, Corner, Corner], column: number, row: number): boolean {
  const x = BigInt(column * steps + steps / 2)
  const y = BigInt(row * steps + steps / 2)
  const side = ([px, py]: Corner, [qx, qy]: Corner) => (BigInt(qx) - BigInt(px)) * (y - BigInt(py)) - (BigInt(qy) - BigInt(py)) * (x - BigInt(px))
  const area = (BigInt(b[0]) - BigInt(a[0])) * (BigInt(c[1]) - BigInt(a[1])) - (BigInt(c[0]) - BigInt(a[0])) * (BigInt(b[1]) - BigInt(a[1]))
  if (area === 0n) return false
  const corners = area > 0n ? [a, b, c] : [a, c, b]
  return corners.every((p, i) => {
    const q = corners[(i + 1) % 3] as Corner
    const value = side(p, q)
    return value > 0n || (value === 0n && (q[1] < p[1] || (q[1] === p[1] && q[0] > p[0])))
  })
}

t.test('a triangle covers just the pixels whose middles it holds', async t => {
  const random = dice(1)
  let wrong = 0
  for (let round = 0; round < 3000; round++) {
    const target = new Framebuffer(24, 20)
    const reach = [30, 300, 4000, 2 ** 20][round % 4] as number
    const corner = (): Corner => [Math.floor((random() - 0.4) * reach), Math.floor((random() - 0.4) * reach), 1]
    const triangle: [Corner, Corner, Corner] = [corner(), corner(), corner()]
    fill(target, triangle)
    for (let row = 0; row < 20; row++) for (let column = 0; column < 24; column++) if ((target.ids[row * 24 + column] === 1) !== covered(triangle, column, row)) wrong++
  }
  t.equal(wrong, 0)
})

t.test('triangles that share edges leave no pixel out and cover none twice', async t => {
  const random = dice(2)
  for (let round = 0; round < 200; round++) {
    const size = 32
    const cells = 4
    // A net of crooked, convex cells whose rim lies beyond the picture; each pixel is counted by drawing each triangle alone.
    const place = (i: number) => i === 0 ? -100 : i === cells ? size * steps + 100 : Math.floor((i + (random() - 0.5) * 0.45) * size * steps / cells)
    const net = Array.from({ length: cells + 1 }, (_, row) => Array.from({ length: cells + 1 }, (_, column): Corner => [place(column), place(row), 1]))
    const counts = new Uint8Array(size * size)
    const count = (triangle: [Corner, Corner, Corner]) => {
      const target = new Framebuffer(size, size)
      fill(target, triangle)
      for (const [i, id] of target.ids.entries()) counts[i] = (counts[i] ?? 0) + id
    }
    for (let row = 0; row < cells; row++) {
      for (let column = 0; column < cells; column++) {
        const at = (r: number, c: number) => (net[r] as Corner[])[c] as Corner
        count([at(row, column), at(row, column + 1), at(row + 1, column)])
        count([at(row, column + 1), at(row + 1, column + 1), at(row + 1, column)])
      }
    }
    t.ok(counts.every(value => value === 1), `net ${round}`)
  }
})

t.test('the nearest triangle is seen, in whatever order they are drawn', async t => {
  const random = dice(3)
  for (let round = 0; round < 200; round++) {
    const corner = (): Corner => [Math.floor(random() * 16 * steps), Math.floor(random() * 16 * steps), 0.1 + random()]
    const triangles = Array.from({ length: 6 }, (): [Corner, Corner, Corner] => [corner(), corner(), corner()])
    const [forth, back] = [new Framebuffer(16, 16), new Framebuffer(16, 16)]
    for (const [i, triangle] of triangles.entries()) fill(forth, triangle, i + 1)
    for (const [i, triangle] of [...triangles.entries()].reverse()) fill(back, triangle, i + 1)
    t.same(forth.ids, back.ids)
    t.ok(forth.depth.every((value, i) => value === back.depth[i] && value >= 0 && value < 1.2))
  }
})

t.test('a colour that runs from corner to corner stays between its ends', async t => {
  const target = new Framebuffer(40, 40)
  fillTriangle(target, opaque, 3, 5, 1, 0xff000000, 600, 40, 1, 0xff6432c8, 100, 620, 1, 0xff6432c8)
  const seen = target.color.filter(value => value !== 0)
  t.ok(seen.length > 300)
  t.ok(seen.every(value => (value & 255) <= 0xc8 && (value >> 8 & 255) <= 0x32 && (value >> 16 & 255) <= 0x64))
  t.ok(new Set(seen).size > 30)
})

t.test('what is half transparent covers half of the pixels', async t => {
  const target = new Framebuffer(64, 64)
  for (const far of [[-64, -64, 1], [2100, 2100, 1]] as Corner[]) fillTriangle(target, { ...opaque, cover: 8, phase: 3 }, ...far, 1, -64, 2100, 1, 1, 2100, -64, 1, 1)
  t.equal(target.ids.filter(id => id === 1).length, 64 * 32)
})

t.test('cutting leaves only numbers that can be drawn, whatever comes', async t => {
  const random = dice(4)
  let drawn = 0
  for (let round = 0; round < 100_000; round++) {
    const corners = new Float64Array(mostCorners * cornerStride)
    const reach = 10 ** (random() * 16 - 8)
    for (let i = 0; i < 3 * cornerStride; i++) corners[i] = i % cornerStride > 5 && i % cornerStride < 9 ? 255 * random() : random() < 0.1 ? 0 : (random() - 0.5) * reach
    const section = round % 2 === 1
    const count = clip(corners, section)
    if (count === 0) continue
    drawn++
    if (count < 3 || count > mostCorners) t.fail(`${count} corners`)
    for (let i = 0; i < count; i++) {
      const [x = NaN, y = NaN, depth = NaN, w = NaN, , , red = NaN, , , , distance = NaN] = corners.subarray(i * cornerStride, (i + 1) * cornerStride)
      if (!(w > 0 && Math.abs(x / w) <= guard * 1.01 && Math.abs(y / w) <= guard * 1.01 && depth / w <= 2.01 && red >= -0.001 && red <= 255.001 && (!section || distance >= -1e-6 * reach))) t.fail(`${x} ${y} ${depth} ${w} ${red}`)
    }
  }
  t.ok(drawn > 1000, `${drawn} had something left`)
  t.equal(isInside(0, 0, 1, 1), true)
})
