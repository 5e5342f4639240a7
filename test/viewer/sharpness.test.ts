import t from 'tap'
import { fine, Sharpness, type Grade } from '../../src/viewer/sharpness.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

function begin (): { clock: FakeClock, sharpened: () => number, sharpness: Sharpness } {
  const clock = new FakeClock()
  let sharpened = 0
  return { clock, sharpened: () => sharpened, sharpness: new Sharpness(clock, () => { sharpened++ }) }
}

/** Of the pictures in full. */
const pixels = 1_500_000

/** Draws pictures of a view that moves, on a machine where each takes `cost`; their grades. */
function move (sharpness: Sharpness, cost: (grade: Grade) => number, pictures: number): Grade[] {
  return Array.from({ length: pictures }, () => {
    sharpness.moved()
    const grade = sharpness.grade(pixels)
    sharpness.took(cost(grade), grade)
    return grade
  })
}

/** Without a graphics card: 40 ms in any case, 60 for all pixels, and for smooth edges more than twice all of that. */
const slow = ({ share, fine }: Grade): number => (40 + 60 * share ** 2) * (fine ? 2.4 : 1)
/** With one. */
const fast = ({ share }: Grade): number => 2 + 8 * share ** 2

t.test('as long as nothing is known of the machine, pictures have hard edges and not too many pixels', async t => {
  const { sharpness } = begin()
  t.strictSame(sharpness.grade(400_000), { fine: false, share: 1 })
  const { share, ...rest } = sharpness.grade(2_400_000)
  t.strictSame(rest, { fine: false })
  t.ok(Math.abs(share - 0.5) < 0.01, `${share}`)
})

t.test('where drawing is fast, all but the first picture are fine, and the first is drawn once more', async t => {
  const { sharpness, sharpened, clock } = begin()
  t.strictSame(move(sharpness, fast, 60).map(({ fine }) => fine), [false, ...new Array<boolean>(59).fill(true)])
  t.ok(sharpness.fast)
  t.equal(sharpened(), 1)
  await clock.advance(5000)
  t.ok(move(sharpness, grade => 4 * fast(grade), 60).every(({ fine }) => fine))
})

t.test('where drawing is slow, what moves is not fine, and what rests is', async t => {
  const { sharpness, sharpened, clock } = begin()
  t.notOk(move(sharpness, slow, 60).some(({ fine }) => fine))
  t.notOk(sharpness.fast)
  sharpness.complete()
  await clock.advance(199)
  t.equal(sharpened(), 0)
  await clock.advance(1)
  t.equal(sharpened(), 1)
  t.strictSame(sharpness.grade(pixels), fine)
  sharpness.took(slow(fine), fine)
  await clock.advance(10_000)
  t.equal(sharpened(), 1)
  t.notOk(move(sharpness, slow, 60).some(({ fine }) => fine), 'that it was fine is no reason to go on so')
})

t.test('what is found at rest to be drawn fast enough moves so too', async t => {
  const { sharpness } = begin()
  sharpness.moved()
  sharpness.took(30, fine)
  t.strictSame(sharpness.grade(pixels), fine)
})

t.test('at rest it is fine once nothing is missing, or a second after the last move', async t => {
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
  t.strictSame(sharpness.grade(pixels), fine, 'and what comes later is so too')
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
  const after = (milliseconds: number): boolean => {
    move(sharpness, () => milliseconds, 1)
    return sharpness.fast
  }
  t.strictSame([2, 200, 10, 200, 200].map(after), [true, true, true, true, false])
})

t.test('pictures do not become better and worse in turn', async t => {
  const turns: string[] = []
  for (const dearer of [1, 1.5, 2, 2.4, 3]) {
    for (let full = 5; full <= 400; full += 5) {
      for (const always of [3, full / 2, full]) {
        const { sharpness } = begin()
        const last = move(sharpness, ({ share, fine }) => (always + full * share ** 2) * (fine ? dearer : 1), 40).slice(20)
        if (new Set(last.map(({ fine }) => fine)).size > 1) turns.push(`${always} + ${full} ms, smooth ${dearer} times`)
      }
    }
  }
  t.strictSame(turns, [])
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
