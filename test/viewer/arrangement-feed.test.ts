import t from 'tap'
import type { ClientMessage } from '../../src/stream-server/protocol.ts'
import { ArrangementFeed } from '../../src/viewer/arrangement-feed.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

function feed () {
  const clock = new FakeClock()
  const sent: Array<ClientMessage | 'camera'> = []
  return { clock, sent, feed: new ArrangementFeed(clock, message => { sent.push(message) }, () => { sent.push('camera') }) }
}

const hidden = (runs: number[], on: boolean) => ({ type: 'mark', what: 'hidden', runs, on })
const apart = (explosion: number) => ({ type: 'style', ghosts: false, edges: false, explosion, section: null })

t.test('the server is told what changed, and then where the viewer looks', async t => {
  const { clock, sent, feed: arrangement } = feed()
  const now = new Set([3, 4, 7])
  arrangement.hide(now)
  t.same(sent.splice(0), [hidden([3, 2, 7, 1], true), 'camera'])
  await clock.advance(100)
  // The same set, changed, as an inspection has it.
  now.delete(4)
  now.add(8)
  arrangement.hide(now)
  arrangement.explode(0)
  t.same(sent.splice(0), [hidden([4, 1], false), hidden([8, 1], true), 'camera'])
})

t.test('what changes all the time is told ten times a second at most, the last in any case', async t => {
  const { clock, sent, feed: arrangement } = feed()
  for (let step = 1; step <= 60; step++) {
    arrangement.explode(step / 60)
    await clock.advance(16)
  }
  t.ok(sent.length >= 18 && sent.length <= 20, `${sent.length} messages in 960 ms`)
  t.notOk(arrangement.settled)
  await clock.advance(100)
  t.ok(arrangement.settled)
  t.same(sent.at(-2), apart(1))
})

t.test('a server that may not have heard it is told all of it', async t => {
  const { clock, sent, feed: arrangement } = feed()
  arrangement.hide(new Set([1]))
  arrangement.explode(2)
  arrangement.repeat()
  t.same(sent.slice(2), [hidden([0, 2 ** 31], false), hidden([1, 1], true), apart(2)])
  await clock.advance(1000)
  t.equal(sent.length, 5, 'and nothing twice')
})
