import t from 'tap'
import { SessionFeed } from '../../src/viewer/session-feed.ts'
import type { FeedEvents } from '../../src/viewer/session-feed.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

/** Every connection that the feed asks for, in order; the test plays the service. */
function feed (): { clock: FakeClock, dialled: FeedEvents[], told: string[], feed: SessionFeed, hungUp: () => number } {
  const clock = new FakeClock()
  const dialled: FeedEvents[] = []
  const told: string[] = []
  let hungUp = 0
  const dial = (events: FeedEvents) => {
    dialled.push(events)
    return () => { hungUp++ }
  }
  const made = new SessionFeed(dial, clock, { message: text => { told.push(text) }, connected: yes => { told.push(yes ? 'connected' : 'not connected') } })
  return { clock, dialled, told, feed: made, hungUp: () => hungUp }
}

t.test('messages arrive in order', async t => {
  const { dialled, told, feed: events } = feed()
  events.start()
  dialled[0]?.opened()
  dialled[0]?.message('one')
  dialled[0]?.message('two')
  t.strictSame(told, ['connected', 'one', 'two'])
})

t.test('a lost connection is tried again, each time after twice the wait, up to 15 s', async t => {
  const { clock, dialled, told, feed: events } = feed()
  events.start()
  for (const wait of [500, 1000, 2000, 4000, 8000, 15_000, 15_000]) {
    const before = dialled.length
    dialled.at(-1)?.closed()
    await clock.advance(wait - 1)
    t.equal(dialled.length, before, `not before ${wait} ms`)
    await clock.advance(1)
    t.equal(dialled.length, before + 1, `after ${wait} ms`)
  }
  t.ok(told.every(text => text === 'not connected'))
})

t.test('a connection that spoke makes the next wait short again', async t => {
  const { clock, dialled, feed: events } = feed()
  events.start()
  dialled[0]?.closed()
  await clock.advance(500)
  dialled[1]?.opened()
  dialled[1]?.message('hello')
  dialled[1]?.closed()
  await clock.advance(500)
  t.equal(dialled.length, 3)
})

t.test('a closed feed hangs up and does not come back', async t => {
  const { clock, dialled, feed: events, hungUp } = feed()
  events.start()
  events.close()
  dialled[0]?.closed()
  await clock.advance(60_000)
  t.equal(dialled.length, 1)
  t.equal(hungUp(), 1)
  t.equal(clock.pending, 0)
})
