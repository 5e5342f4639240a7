import t from 'tap'
import { Sharpness, type Grade } from '../../src/viewer/sharpness.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

function begin (): { clock: FakeClock, sharpened: () => number, sharpness: Sharpness } {
  const clock = new FakeClock()
  let sharpened = 0
  return { clock, sharpened: () => sharpened, sharpness: new Sharpness(clock, () => { sharpened++ }) }
}

/** Draws pictures of a view that moves, on a machine where each takes `cost`; their grades. */
function move (sharpness: Sharpness, cost: (grade: Grade) => number, pictures: number): Grade[] {
  return Array.from({ length: pictures }, () => {
    sharpness.moved()
    const { grade } = sharpness
    sharpness.took(cost(grade), grade)
    return grade
  })
}

const { best } = Sharpness
/** Without a graphics card: 40 ms in any case, 60 for all pixels, and for smooth edges more than twice all of that. */
const slow = ({ share, smooth }: Grade): number => (40 + 60 * share ** 2) * (smooth ? 2.4 : 1)
/** With one. */
const fast = ({ share }: Grade): number => 4 + 8 * share ** 2

t.test('as long as nothing is known of the machine, pictures are small and have hard edges', async t => {
  t.strictSame(begin().sharpness.grade, { share: 0.5, smooth: false })
})

t.test('where drawing is fast, all but the first pictures are as good as can be, and the first are drawn once more', async t => {
  const { sharpness, sharpened, clock } = begin()
  const drawn = move(sharpness, fast, 60)
  t.strictSame([...new Set(drawn.slice(3))], [best])
  t.ok(sharpness.fast)
  t.equal(sharpened(), 1)
  await clock.advance(5000)
  t.strictSame([...new Set(move(sharpness, grade => 3 * fast(grade), 60))], [best])
})

t.test('where drawing is slow, what moves is not as good, and what rests is', async t => {
  const { sharpness, sharpened, clock } = begin()
  t.notOk(move(sharpness, slow, 60).some(({ smooth }) => smooth))
  t.notOk(sharpness.fast)
  sharpness.complete()
  await clock.advance(199)
  t.equal(sharpened(), 0)
  await clock.advance(1)
  t.equal(sharpened(), 1)
  t.equal(sharpness.grade, best)
  sharpness.took(slow(best), best)
  await clock.advance(10_000)
  t.equal(sharpened(), 1)
  t.notOk(move(sharpness, slow, 60).some(({ smooth }) => smooth), 'that it was drawn so well is no reason to go on so')
})

t.test('what is found at rest to be drawn fast enough as well as can be moves so too', async t => {
  const { sharpness } = begin()
  sharpness.moved()
  sharpness.took(30, best)
  t.equal(sharpness.grade, best)
})

t.test('at rest it is drawn as well as can be once nothing is missing, or a second after the last move', async t => {
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
  t.equal(sharpness.grade, best, 'and what comes later is drawn so too')
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
  move(sharpness, fast, 3)
  move(sharpness, () => 200, 1)
  t.equal(sharpness.grade, best)
  move(sharpness, () => 10, 1)
  move(sharpness, () => 200, 1)
  t.equal(sharpness.grade, best)
  move(sharpness, () => 200, 2)
  t.not(sharpness.grade, best)
})

t.test('pictures do not become better and worse in turn', async t => {
  const turns: string[] = []
  for (const dearer of [1, 1.5, 2, 2.4, 3]) {
    for (let full = 10; full <= 400; full += 5) {
      for (const always of [5, full / 2]) {
        const { sharpness } = begin()
        const last = move(sharpness, ({ share, smooth }) => always + full * share ** 2 * (smooth ? dearer : 1), 40).slice(20)
        if (new Set(last).size > 1) turns.push(`${always} + ${full} ms, smooth ${dearer} times: ${last.map(({ share, smooth }) => `${share}${smooth ? ' smooth' : ''}`).join(', ')}`)
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
