import t from 'tap'
import { EndWarning, type Sayings } from '../../src/viewer/end-warning.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

function warned (idle = { allowed: 0, warning: 0 }) {
  const clock = new FakeClock()
  const said: string[] = []
  const told: unknown[] = []
  let act: { label: string, action: () => void } | undefined
  const notice: Sayings = {
    say: (words, offered) => {
      said.push(words)
      act = offered
    },
    hide: () => { said.push('') }
  }
  const warning = new EndWarning(clock, notice, idle, { stay: () => { told.push('stay') }, over: words => { told.push(words) }, idle: left => { told.push(left) } })
  return { clock, said, told, warning, press: () => { act?.action() }, offered: () => act?.label }
}

t.test('a limit of the service is counted down between its words', async t => {
  const { clock, said, told, warning, press } = warned()
  warning.expect({ reason: 'idle_timeout', seconds: 10 })
  await clock.advance(2_000)
  t.strictSame(said, [10, 9, 8].map(left => `The session ends in ${left} s, since nobody uses it.`))
  warning.expect({ reason: 'idle_timeout', seconds: 7 })
  await clock.advance(1_000)
  t.equal(said.at(-1), 'The session ends in 6 s, since nobody uses it.')
  press()
  t.equal(told.at(-1), 'stay')
  warning.expect(undefined)
  t.equal(said.at(-1), '')
  t.equal(told.at(-1), undefined)
  t.equal(clock.pending, 0)
  t.equal(warning.farewell('Stopped.'), 'Stopped.', 'it was taken back')
})

t.test('an end that was due is said as what it was, another one as the other side said it', async t => {
  const { clock, said, warning, offered } = warned()
  warning.expect({ reason: 'max_lifetime', seconds: 30 })
  t.equal(said.at(-1), 'The session ends in 30 s: it may not last any longer.')
  t.equal(offered(), undefined)
  await clock.advance(20_000)
  t.equal(warning.farewell('Stopped.'), 'Stopped.', 'somebody was faster')
  await clock.advance(9_000)
  t.equal(warning.farewell('Stopped.'), 'The session has ended: it has lasted as long as it may.')
  await clock.advance(60_000)
  t.equal(said.at(-1), 'The session ends in 0 s: it may not last any longer.')
  t.equal(clock.pending, 0)
  warning.close()
  t.equal(warning.farewell('Stopped.'), 'Stopped.')
})

t.test('of the page\'s own watch and the service\'s limit, whichever comes first is said', async t => {
  const { clock, said, told, warning, press } = warned({ allowed: 60_000, warning: 10_000 })
  warning.touch()
  await clock.advance(50_000)
  t.equal(said.at(-1), 'The session ends in 10 s, since nobody uses it.')
  warning.expect({ reason: 'max_lifetime', seconds: 5 })
  t.equal(said.at(-1), 'The session ends in 5 s: it may not last any longer.')
  warning.expect({ reason: 'max_lifetime', seconds: 40 })
  t.equal(said.at(-1), 'The session ends in 10 s, since nobody uses it.')
  press()
  t.equal(told.at(-1), 'stay')
  t.equal(said.at(-1), 'The session ends in 40 s: it may not last any longer.', 'what stays is said again')
  warning.expect(undefined)
  await clock.advance(60_000)
  t.equal(told.at(-1), 'The session has ended, since nobody used it.')
  t.equal(clock.pending, 0)
})

t.test('while the connection is lost that is said and nothing else; then the warning is there again at once', async t => {
  const { clock, said, told, warning, offered } = warned({ allowed: 60_000, warning: 10_000 })
  const lost = 'The connection was lost. Trying to get it back.'
  warning.touch()
  await clock.advance(49_000)
  warning.connection(true)
  await clock.advance(2_000)
  t.equal(said.at(-1), lost)
  t.equal(offered(), undefined)
  t.equal(told.at(-1), 9, 'a page that listens is told all the same')
  warning.touch()
  t.equal(said.at(-1), lost, 'whoever moves the pointer does not end that')
  t.equal(told.at(-1), undefined)
  await clock.advance(53_500)
  t.equal(said.at(-1), lost)
  warning.connection(false)
  t.equal(said.at(-1), 'The session ends in 7 s, since nobody uses it.')
  t.equal(offered(), 'Stay')
  warning.touch()
  t.equal(said.at(-1), '')
  warning.connection(true)
  warning.connection(false)
  t.equal(said.at(-1), '')
  warning.close()
})
