import t from 'tap'
import { DrawTimes } from '../../src/viewer/draw-times.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

/** A graphics context that is done with what it was given when it is told so. */
class FakeContext {
  readonly SYNC_GPU_COMMANDS_COMPLETE = 1
  readonly SYNC_STATUS = 2
  readonly SIGNALED = 3
  readonly alive = new Set<object>()
  readonly done = new Set<object>()
  lost = false

  fenceSync (): object | null {
    if (this.lost) return null
    const fence = {}
    this.alive.add(fence)
    return fence
  }

  getSyncParameter (fence: object): number { return this.done.has(fence) ? this.SIGNALED : 0 }
  deleteSync (fence: object): void { this.alive.delete(fence) }
  flush (): void {}

  /** The oldest that is not done is done. */
  finish (): void {
    const next = [...this.alive].find(each => !this.done.has(each))
    if (next !== undefined) this.done.add(next)
  }
}

function begin (): { clock: FakeClock, context: FakeContext, times: DrawTimes<object>, told: number[] } {
  const [clock, context] = [new FakeClock(), new FakeContext()]
  return { clock, context, times: new DrawTimes(context, clock), told: [] }
}

t.test('a picture takes until its last pixel is drawn, not until the call returns', async t => {
  const { clock, context, times, told } = begin()
  times.measure(() => { clock.stall(3) }, each => { told.push(each) })
  await clock.advance(97)
  t.strictSame(told, [])
  context.finish()
  await clock.advance(4)
  t.equal(told.length, 1)
  t.ok(Math.abs(told[0]! - 102) <= 2, `${told[0]} ms`)
  t.equal(clock.pending, 0, 'nothing is looked for any more')
  t.equal(context.alive.size, 0)
})

t.test('the time in which a picture waits for the one before is not its own', async t => {
  const { clock, context, times, told } = begin()
  for (let picture = 0; picture < 3; picture++) {
    times.measure(() => {}, each => { told.push(each) })
    await clock.advance(10)
  }
  for (let picture = 0; picture < 3; picture++) {
    await clock.advance(70)
    context.finish()
    await clock.advance(10)
  }
  t.equal(told.length, 3)
  t.ok(told[0]! >= 100 && told[0]! <= 110, `${told[0]} ms`)
  for (const each of told.slice(1)) t.ok(each >= 70 && each <= 90, `${each} ms`)
})

t.test('a context that was lost measures nothing, a closed measurement tells nothing', async t => {
  const { clock, context, times, told } = begin()
  times.measure(() => {}, each => { told.push(each) })
  times.close()
  context.finish()
  context.lost = true
  times.measure(() => {}, each => { told.push(each) })
  await clock.advance(1000)
  t.strictSame(told, [])
  t.equal(clock.pending, 0)
})
