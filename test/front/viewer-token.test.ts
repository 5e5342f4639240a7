import { randomBytes } from 'node:crypto'
import t from 'tap'
import { tokenKey, ViewerTokens } from '../../src/front/viewer-token.ts'
import { FakeClock } from '../fixtures/fake-clock.ts'

const seat = { id: '0d9ac8ef-6ee9-4d9b-91c4-4ad4a0b1cd2f', port: 11_005 }
const key = Buffer.alloc(32, 1)

t.test('a token is read back by any service with its key', async t => {
  const clock = new FakeClock()
  const token = new ViewerTokens({ key, lifetime: 60_000, clock }).issue(seat)
  t.match(token, /^[A-Za-z0-9_-]{52}$/)
  t.same(new ViewerTokens({ key, lifetime: 1, clock }).read(token), { status: 'valid', ...seat })
  t.same(new ViewerTokens({ key: Buffer.alloc(32, 2), lifetime: 60_000, clock }).read(token), { status: 'forged' })
})

t.test('a token lives as long as it was given, to the second', async t => {
  const clock = new FakeClock()
  const tokens = new ViewerTokens({ key, lifetime: 60_000, clock })
  const token = tokens.issue(seat)
  await clock.advance(59_999)
  t.equal(tokens.read(token).status, 'valid')
  await clock.advance(1_001)
  t.equal(tokens.read(token).status, 'expired')
})

t.test('every bit of a token is signed', async t => {
  const tokens = new ViewerTokens({ key, lifetime: 60_000, clock: new FakeClock() })
  const bytes = Buffer.from(tokens.issue(seat), 'base64url')
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    t.equal(tokens.read(changed.toString('base64url')).status, 'forged', `bit ${bit}`)
  }
})

t.test('nothing else is taken for a token', async t => {
  const tokens = new ViewerTokens({ key, lifetime: 60_000, clock: new FakeClock() })
  const token = tokens.issue(seat)
  for (const other of ['', 'x', token.slice(1), `${token}A`, `${token}=`, token.replace(/.$/, '*'), `${token}\n`, ` ${token}`]) t.equal(tokens.read(other).status, 'forged', JSON.stringify(other))
  for (let tries = 0; tries < 10_000; tries++) {
    if (tokens.read(randomBytes(39).toString('base64url')).status !== 'forged') t.fail('a random token was taken')
  }
})

t.test('a key of one’s own, or a new one', async t => {
  t.same(tokenKey('as long as the administrator likes it'), tokenKey('as long as the administrator likes it'))
  t.notSame(tokenKey(''), tokenKey(''))
  t.throws(() => new ViewerTokens({ key: Buffer.alloc(31), lifetime: 1, clock: new FakeClock() }), RangeError)
})
