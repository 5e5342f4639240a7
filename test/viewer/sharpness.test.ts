import t from 'tap'
import { Sharpness } from '../../src/viewer/sharpness.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

function begin (): { clock: FakeClock, sharpened: () => number, sharpness: Sharpness } {
  const clock = new FakeClock()
  let sharpened = 0
  return { clock, sharpened: () => sharpened, sharpness: new Sharpness(clock, () => { sharpened++ }) }
}

/** Draws pictures of a view that moves, on a machine that takes `cost` of a share; the shares at which they were drawn. */
function move (sharpness: Sharpness, cost: (share: number) => number, pictures: number): number[] {
  return Array.from({ length: pictures }, () => {
    sharpness.moved()
    const { share } = sharpness
    sharpness.took(cost(share), share)
    return share
  })
}

const slow = (share: number): number => 20 + 210 * share ** 2

t.test('as long as nothing is known of the machine, pictures are small', async t => {
  t.ok(begin().sharpness.share < 0.5)
})

t.test('where drawing is fast, all but the first pictures are drawn in full, and the first once more', async t => {
  const { sharpness, sharpened, clock } = begin()
  const drawn = move(sharpness, share => 4 + 8 * share ** 2, 60)
  t.strictSame([...new Set(drawn.slice(3))], [1])
  t.equal(sharpened(), 1)
  await clock.advance(5000)
  move(sharpness, share => 4 + 30 * share ** 2, 60)
  t.equal(sharpness.share, 1)
})

t.test('where drawing is slow, what moves is drawn small, and in full at rest', async t => {
  const { sharpness, sharpened, clock } = begin()
  t.ok(Math.max(...move(sharpness, slow, 60)) <= 0.5)
  sharpness.complete()
  await clock.advance(199)
  t.equal(sharpened(), 0)
  await clock.advance(1)
  t.equal(sharpened(), 1)
  t.equal(sharpness.share, 1)
  sharpness.took(slow(1), 1)
  await clock.advance(10_000)
  t.equal(sharpened(), 1)
  t.ok(Math.max(...move(sharpness, slow, 60)) <= 0.5, 'how long it took in full is no reason to move on in full')
})

t.test('at rest it is drawn in full once nothing is missing, or a second after the last move', async t => {
  const { sharpness, sharpened, clock } = begin()
  sharpness.moved()
  await clock.advance(500)
  t.equal(sharpened(), 0)
  sharpness.complete()
  t.equal(sharpened(), 1)
  sharpness.moved()
  await clock.advance(999)
  t.equal(sharpened(), 1, 'what was complete before the move says nothing')
  await clock.advance(1)
  t.equal(sharpened(), 2)
  t.equal(sharpness.share, 1, 'and what comes later is drawn in full too')
})

t.test('every move puts off the rest', async t => {
  const { sharpness, sharpened, clock } = begin()
  for (let step = 0; step < 20; step++) {
    sharpness.moved()
    sharpness.complete()
    await clock.advance(150)
  }
  t.equal(sharpened(), 0)
  await clock.advance(50)
  t.equal(sharpened(), 1)
})

t.test('one picture that took long is an accident, two in a row are not', async t => {
  const { sharpness } = begin()
  move(sharpness, () => 2, 3)
  move(sharpness, () => 200, 1)
  t.equal(sharpness.share, 1)
  move(sharpness, () => 10, 1)
  move(sharpness, () => 200, 1)
  t.equal(sharpness.share, 1)
  move(sharpness, () => 200, 2)
  t.ok(sharpness.share < 1)
})

t.test('pictures do not become finer and coarser in turn', async t => {
  for (let full = 20; full <= 400; full += 5) {
    const { sharpness } = begin()
    const drawn = move(sharpness, share => 5 + full * share ** 2, 40)
    const last = drawn.slice(20)
    t.equal(new Set(last).size, 1, `${full} ms in full: ${last.join(' ')}`)
  }
})

t.test('a closed one says nothing any more', async t => {
  const { sharpness, sharpened, clock } = begin()
  sharpness.moved()
  sharpness.close()
  sharpness.close()
  await clock.advance(5000)
  t.equal(sharpened(), 0)
  t.equal(clock.pending, 0)
})
